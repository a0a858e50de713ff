package cli

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"tocsin/flow"
	"tocsin/source"
)

// A meter shows on a terminal how far reading files has come. A nil meter, for
// output that is no terminal, shows nothing and does everything else.
type meter struct {
	mu  sync.Mutex // guards the bar, and with it the terminal's line
	bar *progressbar.ProgressBar
}

// meterEvery is how often the meter is drawn.
const meterEvery = 100 * time.Millisecond

// newMeter is a meter on w, or nil where no bar can move.
func newMeter(w io.Writer, sc screen, verb string) *meter {
	if sc.steady {
		return nil
	}
	return &meter{bar: newBar(w, sc, verb, progressbar.OptionShowBytes(true))}
}

// newBar is a bar of unknown length that is only drawn when it is told to: left
// to itself it would draw once more on what was written after it was cleared.
func newBar(w io.Writer, sc screen, verb string, more ...progressbar.Option) *progressbar.ProgressBar {
	spinner, theme := 14, progressbar.Theme{Saucer: "█", SaucerPadding: "─"}
	if sc.ascii {
		spinner, theme = 9, progressbar.Theme{Saucer: "#", SaucerPadding: "-"}
	}
	return progressbar.NewOptions64(-1, append(more,
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(verb), progressbar.OptionSetWidth(min(30, sc.width/3)),
		progressbar.OptionClearOnFinish(), progressbar.OptionSpinnerType(spinner), progressbar.OptionSetSpinnerChangeInterval(0),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionSetTheme(theme),
	)...)
}

// during runs work and draws the meter meanwhile. total tells how many bytes
// there will be, as far as that can be known.
func (m *meter) during(ctx context.Context, p *flow.Progress, total func(context.Context) int64, work func()) {
	if m == nil {
		work()
		return
	}
	ctx, stop := context.WithCancel(ctx)
	var measuring sync.WaitGroup
	measuring.Go(func() {
		if n := total(ctx); n > 0 {
			m.mu.Lock()
			m.bar.ChangeMax64(n)
			m.mu.Unlock()
		}
	})
	whileDrawing(func() { m.draw(p) }, work)
	stop()
	measuring.Wait()
	m.pause(func() {})
}

// whileDrawing runs work, and draw again and again until it is done.
func whileDrawing(draw, work func()) {
	stop := make(chan struct{})
	var drawing sync.WaitGroup
	drawing.Go(func() {
		tick := time.NewTicker(meterEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				draw()
			}
		}
	})
	work()
	close(stop)
	drawing.Wait()
}

func (m *meter) draw(p *flow.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bar.Describe(count(p.Events.Load(), "event") + " in " + count(p.Files.Load(), "file"))
	// An error means that the terminal is gone; the result still has its place to go.
	_ = m.bar.Set64(p.Bytes.Load())
}

// pause takes the meter off the terminal while write writes there.
func (m *meter) pause(write func()) {
	if m == nil {
		write()
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_ = m.bar.Clear()
	write()
}

// totalSize is the size of all files that the paths name, as stored, or 0 when
// finding out would take long or the size is not known before the end.
func totalSize(paths []string) func(context.Context) int64 {
	return func(ctx context.Context) int64 {
		for _, p := range paths {
			if p == "-" || source.Remote(p) {
				return 0
			}
		}
		files, err := source.Open(ctx, paths, source.Options{})
		if err != nil {
			return 0 // whoever reads the files will tell
		}
		sum := int64(0)
		for f, err := range files {
			if ctx.Err() != nil || f.Size < 0 {
				return 0
			}
			if err == nil {
				sum += f.Size
			}
		}
		return sum
	}
}
