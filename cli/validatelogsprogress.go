package cli

import (
	"github.com/schollz/progressbar/v3"

	"tocsin/flow"
)

// A validateMeter shows on a terminal how far a validation is; nil shows nothing.
type validateMeter struct{ bar *progressbar.ProgressBar }

func newValidateMeter(s Streams) *validateMeter {
	sc := newScreen(s.Err, s.Getenv)
	if sc.steady {
		return nil
	}
	return &validateMeter{newBar(s.Err, sc, "validate-logs")}
}

// during runs work and draws the meter meanwhile.
func (m *validateMeter) during(p *flow.ValidateProgress, work func()) {
	if m == nil {
		work()
		return
	}
	whileDrawing(func() { m.draw(p) }, work)
	_ = m.bar.Clear() // an error means that the terminal is gone
}

func (m *validateMeter) draw(p *flow.ValidateProgress) {
	done, listed := p.Digests.Load(), p.Listed.Load()
	m.bar.ChangeMax64(max(done, listed, 1))
	m.bar.Describe(count(p.LogFiles.Load(), "log file") + " of " + count(done, "digest"))
	// An error means that the terminal is gone; the result still has its place to go.
	_ = m.bar.Set64(done)
}
