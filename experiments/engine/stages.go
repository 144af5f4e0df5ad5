package engine

import (
	"github.com/gonst/workbench/experiments/config"
	"github.com/gonst/workbench/internal/prefix"
	"github.com/gonst/workbench/nst"
)

// addStages gives a transfer the stages of a configuration. Each stage loads its pictures
// from their files when it begins. last are the pictures of the last stage; addStages
// returns those of the first.
func addStages(t *nst.Transfer, c *config.Config, last *config.Pictures) (first *config.Pictures, err error) {
	list := c.StageList()
	t.Steps = 0
	t.Between = nst.Between{Filter: c.Stages.Filter, Detail: c.Stages.Detail, Anew: !c.Stages.Carry}
	for i, s := range list {
		here := c.AtStage(i)
		width, height := last.Width, last.Height
		if i < len(list)-1 {
			if width, height, err = resultSize(here.Images); err != nil {
				return nil, err
			}
		}
		t.Stages = append(t.Stages, nst.Stage{Width: width, Height: height, Steps: s.Steps, Rate: s.Rate,
			Objective: func() (nst.Objective, error) {
				pictures := last
				if i < len(list)-1 {
					var err error
					if pictures, err = LoadPictures(here); err != nil {
						return nil, err
					}
				}
				return objective(here, pictures), nil
			}})
	}
	if len(list) == 1 {
		return last, nil
	}
	return LoadPictures(c.AtStage(0))
}

// resultSize returns the size of the result for these images.
func resultSize(m config.Images) (width, height int, err error) {
	if m.Content == "" {
		width, height = Canvas(m)
		return width, height, nil
	}
	content, err := nst.LoadWith(m.Content, LoadOptions(m, m.Size))
	if err != nil {
		return 0, 0, prefix.Errorf("", "content image: %w", err)
	}
	return content.Width, content.Height, nil
}
