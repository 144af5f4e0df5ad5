package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// These functions format numbers for people. page/format.js has the same rules, and
// TestPageNumbers compares them.

// short formats a number with four significant digits: 0.0123, 1234, 1.234e7.
func short(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	case v == 0:
		return "0"
	case a >= 99995 || a < 0.001:
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 3, 64), "e")
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		e, _ := strconv.Atoi(exponent)
		return minus(mantissa + "e" + strconv.Itoa(e))
	default:
		s := strconv.FormatFloat(v, 'f', max(0, 3-int(math.Floor(math.Log10(a)))), 64)
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
		return minus(s)
	}
}

// minus replaces a hyphen by a minus sign.
func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }

// seconds formats a duration: 4.2 s, 3 min 05 s, 2 h 10 min.
func seconds(s float64) string {
	switch {
	case math.IsNaN(s) || math.IsInf(s, 0) || s < 0 || s > 1e9:
		return "–"
	case s < 99.95:
		return short(math.Round(s*10)/10) + " s"
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", int(s)/60, int(s)%60)
	default:
		return fmt.Sprintf("%d h %02d min", int(s)/3600, int(s)/60%60)
	}
}

// when formats the period from one moment to another, in UTC.
func when(from, to time.Time) string {
	if from.IsZero() {
		return ""
	}
	from, to = from.UTC(), to.UTC()
	const day, clock = "2 January 2006", "15:04"
	switch {
	case !to.After(from) || to.Format(day+clock) == from.Format(day+clock):
		return from.Format(day + ", " + clock + " UTC")
	case to.Format(day) == from.Format(day):
		return from.Format(day+", "+clock) + "–" + to.Format(clock+" UTC")
	default:
		return from.Format(day+", "+clock) + " – " + to.Format(day+", "+clock+" UTC")
	}
}

// number is a float64 in the page's JSON: five significant digits, null if it
// is not finite.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	v, _ := strconv.ParseFloat(strconv.FormatFloat(float64(n), 'e', 4, 64), 64)
	return strconv.AppendFloat(nil, v, 'g', -1, 64), nil
}

func (n number) String() string { return short(float64(n)) }

// UnmarshalJSON reads the output of MarshalJSON.
func (n *number) UnmarshalJSON(data []byte) error {
	*n = number(math.NaN())
	if string(data) == "null" {
		return nil
	}
	v, err := strconv.ParseFloat(string(data), 64)
	*n = number(v)
	return err
}
