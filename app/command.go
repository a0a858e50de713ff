package app

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tocsin/core/metric"
	"tocsin/store/state"
)

// commands knows the command that shows the events of an alarm. The patterns are
// those of the database as they were a moment ago, so that nothing is asked of
// it while an alarm rings.
type commands struct {
	where string // what the command reads: --data DIR or --endpoint URL

	mu       sync.Mutex
	revision int64             // guarded by mu
	patterns map[string]string // by the key of the metric; guarded by mu
}

// refresh reads the patterns when they have changed.
func (c *commands) refresh(ctx context.Context, db *state.DB) error {
	c.mu.Lock()
	known, have := c.revision, c.patterns != nil
	c.mu.Unlock()
	var revision int64
	patterns := map[string]string{}
	err := db.View(ctx, func(tx *state.Tx) (err error) {
		if revision, err = tx.FilterRevision(ctx); err != nil || have && revision == known {
			return err
		}
		filters, err := tx.MetricFilters(ctx, 0)
		for _, f := range filters {
			for _, t := range f.Definition.Transformations {
				patterns[metric.NewIdentity(t.MetricNamespace, t.MetricName).Key()] = f.Definition.FilterPattern
			}
		}
		return err
	})
	if err != nil || have && revision == known {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revision, c.patterns = revision, patterns
	return nil
}

// of is the command for an alarm's events from from on and before to, on lines
// short enough for a mail, "" when nothing is known of its metric.
func (c *commands) of(a state.Alarm, from, to time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := a.Definition.Metric()
	text, ok := c.patterns[metric.NewIdentity(m.Namespace, m.Name).Key()]
	if !ok {
		return ""
	}
	const form = "2006-01-02T15:04:05.999Z07:00"
	const next = " \\\n  "
	return "tocsin search " + c.where + next +
		"--since " + from.UTC().Format(form) + " --until " + to.Add(-time.Millisecond).UTC().Format(form) + next + quote(text)
}

// whereToSearch is the part of the command that names this server or its data.
func (a *App) whereToSearch() string {
	c := &a.config
	if c.Database.Reveal() == "" && c.Segments == "" {
		if folder, err := filepath.Abs(c.Data); err == nil {
			return "--data " + quote(folder)
		}
	}
	return "--endpoint " + quote(string(a.Site()))
}

// quote writes an argument as a POSIX shell reads it back.
func quote(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=,@%+", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
