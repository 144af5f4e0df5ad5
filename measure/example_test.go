package measure_test

import (
	"context"
	"fmt"

	"github.com/gonst/workbench/measure"
	"github.com/gonst/workbench/nst"
)

// A picture against its content and style.
func ExampleAll() {
	photo, err := nst.Load("testdata/content.png", 63)
	check(err)
	painting, err := nst.Load("testdata/style.png", 63)
	check(err)
	picture, err := nst.Load("testdata/picture.png", 63)
	check(err)

	list, err := measure.All(context.Background(), picture, measure.References{Content: photo, Style: measure.Style(painting)})
	check(err)
	fmt.Printf("SSIM to the photo %.2f, Gram cosine to the painting %.2f\n", list.Find("ssim"), list.Find("gram_cosine"))
	fmt.Printf("%.0f %% of the values are clipped\n", 100*list.Find("clipped"))
	// Output:
	// SSIM to the photo 0.68, Gram cosine to the painting 0.88
	// 5 % of the values are clipped
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
