package measure

import (
	"context"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"

	"github.com/gonst/workbench/nst"
)

// List is values in a fixed order. A notebook shows it as a table.
type List []Value

// All returns all measures of a picture, with the yardstick Pyramid. See Yardstick for
// others.
func All(ctx context.Context, picture *nst.Image, r References) (List, error) {
	y, err := Pyramid(ctx)
	if err != nil {
		return nil, err
	}
	return With(ctx, y, picture, r)
}

// With is All with another yardstick. It omits measures whose reference is missing;
// without any reference only Noise remains.
func With(ctx context.Context, y Yardstick, picture *nst.Image, r References) (List, error) {
	weights, err := r.weights()
	if err != nil {
		return nil, err
	}
	var list List
	if r.Content != nil || weights != nil {
		ruler, err := y.Against(ctx, r)
		if err != nil {
			return nil, err
		}
		reading, err := ruler.Read(ctx, picture)
		if err != nil {
			return nil, err
		}
		list = ruler.Values(reading)
	}
	pixels, err := Pixels(ctx, picture, r)
	return append(list, pixels...), err
}

// Pixels returns the measures that need no network: Colour, Structure and Noise. If the
// context is cancelled, it stops between two of them and returns the context's error.
func Pixels(ctx context.Context, picture *nst.Image, r References) (List, error) {
	list, err := Colour(picture, r)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.Content != nil {
		s, err := Structure(picture, r.Content)
		if err != nil {
			return nil, err
		}
		list = append(list, s...)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, err := Noise(picture, r)
	if err != nil {
		return nil, err
	}
	return append(list, n...), nil
}

// number formats a value with four digits, or as empty if it is not defined.
func number(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

var heading = []string{"group", "measure", "value", "better", "content's own", "style's own", "unit"}

func (v Value) cells() []string {
	return []string{v.Group, v.Key(), number(v.Value), v.Better, number(v.OfContent), number(v.OfStyle), v.Unit}
}

// String formats the list as a table of plain text.
func (l List) String() string {
	rows := [][]string{heading}
	for _, v := range l {
		rows = append(rows, v.cells())
	}
	width := make([]int, len(heading))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", width[i]-len([]rune(cell))+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// SimpleRender is called by notebooks.
func (l List) SimpleRender() map[string]any {
	return map[string]any{"text/plain": l.String(), "text/html": l.table()}
}

func (l List) table() string {
	var b strings.Builder
	row := func(tag string, cells []string) {
		b.WriteString("<tr>")
		for i, cell := range cells {
			align := "left"
			if i == 2 || i == 4 || i == 5 {
				align = "right"
			}
			fmt.Fprintf(&b, `<%s style="text-align:%s">%s</%s>`, tag, align, html.EscapeString(cell), tag)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("<table>\n")
	row("th", heading)
	for _, v := range l {
		row("td", v.cells())
	}
	b.WriteString("</table>\n")
	return b.String()
}
