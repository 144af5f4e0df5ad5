package main

// table declares every routine, once.
var table = []routine{
	// Convolutions.
	{name: "gemm", file: "gemm", isas: both, small: "kb < 1 || mr < 1", emit: gemm, reach: []extent{
		{"m", "(nb-1)*mStride + mr*Lanes"},
		{"v", "(kb-1)*vStride + mr*Lanes"},
		{"u", "(kb*Lanes-1)*PanelRow + nb*Lanes"}}},
	{name: "filterPoints", file: "filters", isas: both, scratch: tileIn * 3, emit: filterPoints, reach: []extent{
		{"u", "(Points-1)*stride + Lanes"}}},
	{name: "inputPoints", file: "winograd", isas: both, flags: []string{"Masked"}, small: "n < 1", scratch: tileIn * tileIn, emit: inputPoints, reach: []extent{
		{"v", "(Points-1)*stride + n*Lanes"},
		{"src", "(TileIn-1)*row + ((n-1)*TileOut+TileIn)*Lanes"},
		{"mask", "(TileIn-1)*maskRow + (n-1)*TileOut + TileIn"}}},
	{name: "outputPoints", file: "winograd", isas: both, flags: []string{"Recorded", "Stream"}, small: "n < 1", scratch: tileOut * tileIn, emit: outputPoints,
		aligned: "aligned(dst) && row%Lanes == 0", reach: []extent{
			{"dst", "(TileOut-1)*row + n*TileOut*Lanes"},
			{"m", "(Points-1)*stride + n*Lanes"},
			{"bias", "Lanes"},
			{"bits", "(TileOut-1)*bitsRow + n*TileOut"}}},
	{name: "imageTile", file: "image", isas: both, small: "len(taps) == 0 || mr < 1", count: "len(taps)", emit: imageForward, reach: []extent{
		{"y", "(nb-1)*yStride + mr*Lanes"},
		{"u", "(len(taps)-1)*PanelRow + nb*Lanes"},
		{"bias", "nb * Lanes"},
		{"x", "taps[0]"},
		{"x", "taps[len(taps)-1] + mr"}}},
	{name: "imageBack", file: "image", isas: both, emit: imageBack, reach: []extent{
		{"out", "(BackChannels-1)*oplane + (BackRows-1)*orow + BackCols"},
		{"x", "(Lanes-1)*plane + (BackRows+size-2)*row + BackCols + size - 1"},
		{"u", "Lanes * size * size * 4"}}},

	// Gram matrices.
	{name: "gramTile", file: "gram", isas: both, small: "rows < 1 || width < 1", emit: gram, reach: []extent{
		{"tile", "GramRows * nb * Lanes"},
		{"a", "(rows-1)*row + (width-1)*Lanes + GramRows"},
		{"b", "(nb-1)*plane + (rows-1)*row + width*Lanes"}}},

	// Maps with many zeros.
	{name: "sparseRows", file: "sparse", isas: narrow, small: "n < 1", emit: sparseRows, reach: []extent{
		{"m", "3*mStride + (n-1)*mNext + Lanes"},
		{"v", "(n-1)*vNext + 63<<vShift + 1"},
		{"u", "64 * SparseRow"},
		{"words", "n"}}},
	{name: "gatherRow", file: "sparse", isas: narrow, small: "len(words) < 1", count: "len(words)", emit: gatherRow, reach: []extent{
		{"d", "(len(words)-1)*step + Lanes"},
		{"a", "len(words) * Lanes"},
		{"shift", "Lanes"}}},

	// Tridiagonal matrices.
	{name: "rankTwo", file: "tridiagonal", isas: both, small: "rows < 1 || len(v) < Lanes", count: "len(v) / Lanes", emit: rankTwo, reach: []extent{
		{"m", "(rows-1)*stride + len(v)"},
		{"f", "rows"}, {"h", "rows"}, {"s", "rows"}, {"t", "rows"},
		{"w", "len(v)"}, {"p", "len(v)"}, {"q", "len(v)"}}},
	{name: "rankTwoHalf", file: "tridiagonal", isas: both, small: "rows < 1 || len(v) < Lanes", count: "len(v) / Lanes", emit: rankTwoHalf, reach: []extent{
		{"m", "(rows-1)*stride + len(v)"},
		{"f", "rows"}, {"h", "rows"}, {"e", "rows"}, {"s", "rows"},
		{"w", "len(v)"}, {"p", "len(v)"}, {"t", "len(v)"}}},
	{name: "turn", file: "tridiagonal", isas: both, count: "len(d) / Lanes", emit: turn,
		tail: map[string]int{"d": lanes, "re": lanes, "im": lanes}, reach: []extent{
			{"re", "len(d)"},
			{"im", "len(d)"}}},

	// Rows of maps.
	{name: "toPlanes", file: "maps", isas: both, flags: []string{"Masked"}, count: "n / Lanes", emit: toPlanes,
		tail: map[string]int{"dst": lanes, "src": lanes * lanes, "mask": lanes, "n": lanes}, reach: []extent{
			{"dst", "(Lanes-1)*stride + n"},
			{"src", "n * Lanes"},
			{"mask", "n"}}},
	{name: "finishRow", file: "maps", isas: both, flags: []string{"Recorded", "Stream"}, small: "len(y) < Lanes", count: "len(y) / Lanes", emit: finishRow,
		aligned: "aligned(y)", reach: []extent{
			{"a", "len(y) / Lanes * Lanes"},
			{"bias", "Lanes"},
			{"bits", "len(y) / Lanes"}}},
	{name: "settle", file: "maps", isas: both, emit: func(g *file, _ isa) { g.p("SFENCE\nRET") }},
	pooled("poolMax", poolMax), pooled("poolAverage", poolAverage), pooled("poolL2", poolL2),
	unpooled("poolMaxBack", poolMaxBack, "p", "q"), unpooled("poolAverageBack", poolAverageBack), unpooled("poolL2Back", poolL2Back, "p", "q"),

	// Vectors.
	vectors("add", "d", add, "d", "a", "b"),
	vectors("difference", "d", difference, "d", "a", "b"),
	vectors("addScaled", "d", addScaled, "d", "a", "b"),
	vectors("relu", "d", relu, "d", "a"),
	vectors("keep", "d", keep, "d", "a", "b"),
	vectors("squares", "a", squares, "a", "b"),
	vectors("products", "a", products, "a", "b"),
	vectors("accumulate", "a", accumulate, "d", "a"),

	// bfloat16.
	{name: "splitPoints", file: "amx", isas: amx, flags: []string{"Masked"}, small: "n < 1", scratch: tileIn * tileIn, emit: inputPoints, reach: []extent{
		{"v", "low + (Points-1)*stride + (n-1)*TilePairs + Lanes/2"},
		{"src", "(TileIn-1)*row + ((n-1)*TileOut+TileIn)*Lanes"},
		{"mask", "(TileIn-1)*maskRow + (n-1)*TileOut + TileIn"}}},
	{name: "tripleProduct", file: "amx", isas: amx, small: "kb < 1 || rows < 1 || pairs < 1", emit: tripleProduct, reach: []extent{
		{"m", "(2*pairs-1)*mStride + rows*TileSize"},
		{"v", "low + (kb-1)*vStride + rows*TileSize"},
		{"u", "pairs * kb * 4 * TileSize"}}},
	{name: "rowProduct", file: "amx", isas: amx, small: "kb < 1 || groups < 1", emit: rowProduct, reach: []extent{
		{"y", "yStride + groups*TileSize"},
		{"x", "(kb-1)*xStride + 2*row + (groups*TileRows+2)*TilePairs"},
		{"u", "kb * Taps * 2 * TileSize"}}},
	{name: "bfloatRow", file: "amx", isas: amx, flags: []string{"Masked"}, small: "n < 1", emit: bfloatRow, reach: []extent{
		{"d", "(n-1)*TilePairs + Lanes/2"},
		{"a", "n * Lanes"},
		{"mask", "n"}}},
	{name: "splitRow", file: "amx", isas: amx, small: "n < 1", emit: splitRow, reach: []extent{
		{"d", "low + (n-1)*TilePairs + Lanes/2"},
		{"a", "n * Lanes"}}},
	{name: "pairRow", file: "amx", isas: amx, count: "n / 2", emit: pairRow,
		tail: map[string]int{"d": lanes, "a": 2 * lanes, "n": 2}, reach: []extent{
			{"d", "low + (n+1)/2*Lanes"},
			{"a", "n * Lanes"}}},
	{name: "crossProduct", file: "amx", isas: amx, small: "n < 1", emit: crossProduct, reach: []extent{
		{"tile", "4 * TileSize"},
		{"a", "low + (2*Lanes-1)*plane + n*TilePairs"},
		{"b", "low + block + n*TileSize"}}},
}

// pooled is a routine that makes a row of two.
func pooled(name string, emit func(g *file, v isa)) routine {
	return routine{name: name, file: "pool", isas: both, small: "len(d) < Lanes", count: "len(d) / Lanes", emit: emit, reach: []extent{
		{"p", "2 * len(d)"}, {"q", "2 * len(d)"}}}
}

// unpooled is its gradient, which makes two rows of one and of the inputs.
func unpooled(name string, emit func(g *file, v isa), inputs ...string) routine {
	r := routine{name: name, file: "pool", isas: both, flags: []string{"Stream"}, small: "len(grad) < Lanes", count: "len(grad) / Lanes", emit: emit,
		aligned: "aligned(d) && aligned(e)"}
	for _, o := range append([]string{"d", "e"}, inputs...) {
		r.reach = append(r.reach, extent{o, "2 * len(grad)"})
	}
	return r
}

// vectors is a loop over vectors as long as the one called length.
func vectors(name, length string, emit func(g *file, v isa), operands ...string) routine {
	r := routine{name: name, file: "vectors", isas: both, count: "len(" + length + ") / Lanes", emit: emit, tail: map[string]int{}}
	for _, o := range operands {
		r.tail[o] = lanes
		if o != length {
			r.reach = append(r.reach, extent{o, "len(" + length + ")"})
		}
	}
	return r
}
