package main

import (
	"fmt"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mathML converts a formula from TeX. It knows the commands in the tables below, and
// reports others.
func mathML(tex string, display bool) (string, error) {
	p := &formula{rest: tex, tex: tex, display: display}
	content := p.until("")
	if p.err != nil {
		return "", p.err
	}
	if display {
		return `<math display="block">` + content + `</math>`, nil
	}
	return `<math>` + content + `</math>`, nil
}

// letters are shown upright or italic as identifiers, operators with space around them.
var (
	letters = map[string]string{
		"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "eta": "η", "theta": "θ",
		"lambda": "λ", "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "ϕ", "varphi": "φ", "omega": "ω",
		"Delta": "Δ", "Sigma": "Σ", "Omega": "Ω", "ell": "ℓ", "infty": "∞", "nabla": "∇", "partial": "∂", "top": "⊤",
		"max": "max", "min": "min", "log": "log", "exp": "exp", "cos": "cos",
	}
	operators = map[string]string{
		"sum": "∑", "prod": "∏", "int": "∫", "times": "×", "cdot": "⋅", "leftarrow": "←", "rightarrow": "→", "to": "→", "approx": "≈",
		"le": "≤", "ge": "≥", "ne": "≠", "in": "∈", "pm": "±", "langle": "⟨", "rangle": "⟩", "lVert": "‖", "rVert": "‖", "|": "‖", "ldots": "…",
		"{": "{", "}": "}",
	}
	spaces = map[string]string{",": "0.17em", ":": "0.22em", ";": "0.28em", " ": "0.3em", "quad": "1em", "qquad": "2em", "!": "-0.17em"}
	sizes  = map[string]string{"big": "1.2em", "Big": "1.8em", "bigg": "2.4em", "Bigg": "3em"}
)

type formula struct {
	tex, rest string
	display   bool
	err       error
}

func (p *formula) fail(format string, a ...any) string {
	if p.err == nil {
		p.err = fmt.Errorf("formula %q: %s", strings.TrimSpace(p.tex), fmt.Sprintf(format, a...))
	}
	p.rest = ""
	return ""
}

// until converts up to a closing bracket, or to the end if there is none to come.
func (p *formula) until(end string) string {
	var b strings.Builder
	for {
		p.rest = strings.TrimLeft(p.rest, " \n\t")
		if p.rest == "" {
			if end != "" {
				p.fail("no %s", end)
			}
			return b.String()
		}
		if end != "" && strings.HasPrefix(p.rest, end) {
			p.rest = p.rest[len(end):]
			return b.String()
		}
		b.WriteString(p.scripted())
	}
}

// scripted converts an atom with what stands below and above it.
func (p *formula) scripted() string {
	limits := p.display && (strings.HasPrefix(p.rest, `\sum`) || strings.HasPrefix(p.rest, `\prod`))
	base := p.atom()
	var below, above string
	for {
		p.rest = strings.TrimLeft(p.rest, " \n\t")
		switch {
		case strings.HasPrefix(p.rest, "_") && below == "":
			p.rest = p.rest[1:]
			below = p.atom()
		case strings.HasPrefix(p.rest, "^") && above == "":
			p.rest = p.rest[1:]
			above = p.atom()
		default:
			element := map[bool]string{false: "sub", true: "under"}[limits]
			switch {
			case below != "" && above != "" && limits:
				return "<munderover>" + base + below + above + "</munderover>"
			case below != "" && above != "":
				return "<msubsup>" + base + below + above + "</msubsup>"
			case below != "":
				return "<m" + element + ">" + base + below + "</m" + element + ">"
			case above != "":
				element = map[bool]string{false: "sup", true: "over"}[limits]
				return "<m" + element + ">" + base + above + "</m" + element + ">"
			}
			return base
		}
	}
}

// atom converts a letter, a number, an operator, a command or a group: one element.
func (p *formula) atom() string {
	p.rest = strings.TrimLeft(p.rest, " \n\t")
	if p.rest == "" {
		return p.fail("it ends too early")
	}
	c, size := utf8.DecodeRuneInString(p.rest)
	p.rest = p.rest[size:]
	switch {
	case c == '\\':
		return p.command()
	case c == '{':
		return "<mrow>" + p.until("}") + "</mrow>"
	case c == '}' || c == '_' || c == '^' || c == '&' || c == '#':
		return p.fail("%q stands where it must not", c)
	case unicode.IsDigit(c):
		return "<mn>" + string(c) + "</mn>"
	case unicode.IsLetter(c):
		return "<mi>" + string(c) + "</mi>"
	case c == '-':
		return "<mo>−</mo>"
	}
	return "<mo>" + html.EscapeString(string(c)) + "</mo>"
}

// command converts a command with its arguments. As in TeX, an argument without brackets
// is one digit or letter: \tfrac12.
func (p *formula) command() string {
	name := p.rest[:min(1, len(p.rest))]
	if n := len(p.rest) - len(strings.TrimLeftFunc(p.rest, unicode.IsLetter)); n > 0 {
		name = p.rest[:n]
	}
	p.rest = p.rest[len(name):]
	switch name {
	case "frac", "tfrac", "dfrac":
		above, below := p.atom(), p.atom()
		if name == "tfrac" {
			return `<mstyle displaystyle="false"><mfrac>` + above + below + `</mfrac></mstyle>`
		}
		return "<mfrac>" + above + below + "</mfrac>"
	case "sqrt":
		return "<msqrt>" + p.atom() + "</msqrt>"
	case "text", "mathrm":
		inside, rest, ok := strings.Cut(p.rest, "}")
		if !ok || !strings.HasPrefix(inside, "{") {
			return p.fail(`\%s without {…}`, name)
		}
		p.rest = rest
		return "<mtext>" + html.EscapeString(inside[1:]) + "</mtext>"
	case "left", "right":
		return p.atom()
	}
	if height, ok := sizes[name]; ok {
		return strings.Replace(p.atom(), "<mo>", fmt.Sprintf(`<mo stretchy="true" minsize=%q maxsize=%q>`, height, height), 1)
	}
	if s, ok := letters[name]; ok {
		return "<mi>" + s + "</mi>"
	}
	if s, ok := operators[name]; ok {
		return "<mo>" + s + "</mo>"
	}
	if width, ok := spaces[name]; ok {
		return fmt.Sprintf(`<mspace width=%q></mspace>`, width)
	}
	return p.fail(`the command \%s is not known; add it in notebooks/page/mathml.go`, name)
}
