package launch

// SetWorthTrying sets the work from which on a sweep tries, and returns what it was.
func SetWorthTrying(work float64) (before float64) {
	before, worthTrying = worthTrying, work
	return before
}
