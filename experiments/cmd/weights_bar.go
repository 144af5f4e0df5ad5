package cmd

import (
	"io"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// downloadBar is a bar with sizes, speed and the remaining time.
func downloadBar(out io.Writer) (progress func(done, total int64), done func()) {
	all := mpb.New(mpb.WithOutput(out), mpb.ForceAutoRefresh())
	var bar *mpb.Bar
	begin := int64(-1) // size of the part that already existed
	progress = func(done, total int64) {
		if bar == nil {
			bar = all.New(total, mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]"), mpb.BarWidth(barWidth),
				mpb.PrependDecorators(decor.CountersKiloByte("% .0f of % .0f ")),
				mpb.AppendDecorators(decor.AverageSpeed(decor.SizeB1000(0), " % .1f "), decor.AverageETA(decor.ET_STYLE_GO)))
			begin = done
		}
		if bar.Current() == 0 && begin > 0 {
			bar.SetRefill(begin)
		}
		bar.SetTotal(max(total, done), false)
		bar.SetCurrent(done)
	}
	return progress, func() {
		if bar != nil {
			bar.Abort(false)
			bar.Wait()
		}
		all.Wait()
	}
}
