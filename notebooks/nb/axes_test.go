package nb

import "testing"

// An axis has numbers, however narrow its range is.
func TestLogTicksHaveLabels(t *testing.T) {
	for _, r := range [][2]float64{{1.1, 8.9}, {1.1, 1.9}, {2, 2.1}, {.5, 20}, {3e-7, 4e9}} {
		n := 0
		for _, tick := range logTicks(r[0], r[1]) {
			if tick.Value >= r[0] && tick.Value <= r[1] && !tick.IsMinor() {
				n++
			}
		}
		if n < 2 {
			t.Errorf("%g to %g has %d labels", r[0], r[1], n)
		}
	}
}
