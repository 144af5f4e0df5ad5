package result

import "unique"

// share replaces texts by ones with the same bytes that other runs have, too. Thousands of
// runs are held at a time, and most of their texts are the same.
func share(texts ...*string) {
	for _, t := range texts {
		*t = unique.Make(*t).Value()
	}
}
