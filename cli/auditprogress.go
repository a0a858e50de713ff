package cli

import (
	"fmt"
	"io"
	"sync"

	"github.com/schollz/progressbar/v3"

	"tocsin/audit/report"
)

// An auditMeter shows how far an audit is: on a terminal a bar, elsewhere a line
// for each of several accounts.
type auditMeter struct {
	w     io.Writer
	total int
	bar   *progressbar.ProgressBar // nil where none can move

	mu    sync.Mutex // guards what follows, and the terminal's line
	done  int
	calls int
	last  string
}

func newAuditMeter(s Streams, total int) *auditMeter {
	m := &auditMeter{w: s.Err, total: total}
	if sc := newScreen(s.Err, s.Getenv); !sc.steady {
		m.bar = newBar(s.Err, sc, "audit")
		if total > 1 {
			m.bar.ChangeMax64(int64(total))
		}
	}
	return m
}

// during runs work and draws the meter meanwhile.
func (m *auditMeter) during(work func()) {
	if m.bar == nil {
		work()
		return
	}
	whileDrawing(m.draw, work)
	_ = m.bar.Clear() // an error means that the terminal is gone
}

func (m *auditMeter) draw() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bar.Describe(m.says())
	// An error means that the terminal is gone; the result still has its place to go.
	if m.total > 1 {
		_ = m.bar.Set64(int64(m.done))
		return
	}
	_ = m.bar.Set64(int64(m.calls))
}

// says is what the meter shows beside its bar.
func (m *auditMeter) says() string {
	if m.total > 1 {
		return fmt.Sprintf("%d of %d accounts and Regions, %s", m.done, m.total, count(int64(m.calls), "call"))
	}
	return count(int64(m.calls), "call") + " " + m.last
}

// step is told of each call.
func (m *auditMeter) step(action, _ string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	m.last = action
}

// finish is told of each account and Region that is done.
func (m *auditMeter) finish(r *report.Report, how string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	if m.bar != nil || m.total < 2 {
		return
	}
	what := r.Counts()
	if r.Unasked != "" {
		what = "could not be asked: " + r.Unasked
	}
	fmt.Fprintf(m.w, "%d of %d: %s: %s%s\n", m.done, m.total, clean(placeName(r)), how, clean(what))
}

// placeName is the account and Region for people.
func placeName(r *report.Report) string {
	name := r.Account
	if name == "" {
		name = "unknown account"
	}
	if r.Name != "" {
		name += " (" + r.Name + ")"
	}
	return name + ", " + r.Region
}
