package nb

import (
	"fmt"
	"html/template"
	"strings"
	"text/tabwriter"
)

// Table holds rows of values under a header. Numbers are displayed with four digits.
type Table struct {
	Header []string
	Rows   [][]any
}

func (t Table) cells() [][]string {
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		for _, v := range row {
			rows[i] = append(rows[i], format(v))
		}
	}
	return rows
}

func format(v any) string {
	switch v := v.(type) {
	case float64:
		return fmt.Sprintf("%.4g", v)
	case float32:
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprint(v)
}

// String returns the table with aligned columns.
func (t Table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(t.Header, "\t"))
	for _, row := range t.cells() {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush()
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

var tableTemplate = template.Must(template.New("").Parse(
	`<table>{{with .Header}}<thead><tr>{{range .}}<th>{{.}}</th>{{end}}</tr></thead>{{end}}` +
		`<tbody>{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>{{end}}</tbody></table>`))

// SimpleRender is called by notebooks.
func (t Table) SimpleRender() map[string]any {
	return render(tableTemplate, struct {
		Header []string
		Rows   [][]string
	}{t.Header, t.cells()}, t.String())
}
