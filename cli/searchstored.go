package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"tocsin/core/pattern"
	"tocsin/flow"
	"tocsin/web/api"
)

// storedPage is how many events are asked for at a time.
const storedPage = 500

// showStored shows the events that a request selects in what a server keeps.
func showStored(ctx context.Context, a api.API, r api.SearchRequest, limit int64, form string, s Streams) error {
	out := bufio.NewWriterSize(s.Out, 64<<10)
	sc, errScreen := newScreen(s.Out, s.Getenv), newScreen(s.Err, s.Getenv)
	results, err := newResults(form, out, sc, newMeter(s.Err, errScreen, "search"))
	if err != nil {
		return err
	}
	prompt := promptResults{out: out, results: results}
	began := time.Now()
	shown := int64(0)
	more := false
	for {
		r.Limit = storedPage
		if limit > 0 {
			r.Limit = int(min(storedPage, limit-shown))
		}
		page, err := a.Search(ctx, r)
		if err != nil {
			// What was found before is shown, so that it is not taken for all.
			if shown > 0 {
				_ = prompt.end()
			}
			return asUsage(err)
		}
		for _, e := range page.Events {
			if err := prompt.add(flow.Found{Raw: e.Message, File: e.Stream, Offset: -1}); err != nil {
				return fmt.Errorf("write the result: %w", err)
			}
			shown++
		}
		if more = page.Next != ""; !more || limit > 0 && shown >= limit {
			break
		}
		r.After = page.Next
	}
	if err := prompt.end(); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	summary := fmt.Sprintf("%s found (%s)", count(shown, "event"), elapsed(time.Since(began)))
	if more {
		summary += "; stopped at the limit, there are more"
	}
	for _, note := range append([]string{summary}, results.notes()...) {
		for _, line := range errScreen.wrap(note, 0) {
			fmt.Fprintln(s.Err, errScreen.paint(dim, line))
		}
	}
	return nil
}

// searchStored searches what a server keeps.
func (o *searchOptions) searchStored(ctx context.Context, patterns []*pattern.Pattern, w window, s Streams) error {
	if o.keepRepeats || o.workers != 0 {
		return usagef("--keep-duplicates and --workers are for log files: a server keeps every event once")
	}
	if err := checkCount(o.count, o.output, o.limit); err != nil {
		return err
	}
	r := w.request()
	r.LogGroup, r.OldestFirst = o.stored.group, o.oldestFirst
	for _, p := range patterns {
		r.Patterns = append(r.Patterns, p.Text)
	}
	a, done, err := o.stored.open(ctx, s)
	if err != nil {
		return err
	}
	defer done() // it was only read
	if o.count {
		return countStored(ctx, a, r, s)
	}
	return showStored(ctx, a, r, o.limit, o.output, s)
}

// countStored prints how many events a request selects.
func countStored(ctx context.Context, a api.API, r api.SearchRequest, s Streams) error {
	answer, err := a.Count(ctx, r)
	if err != nil {
		return asUsage(err)
	}
	_, err = fmt.Fprintln(s.Out, answer.Count)
	return err
}

// request is a search of a server's events between two times.
func (w window) request() (r api.SearchRequest) {
	if !w.since.IsZero() {
		r.From = w.since.UnixMilli()
	}
	if !w.until.IsZero() {
		r.To = w.until.UnixMilli()
	}
	return r
}

// checkCount tells whether --output and --count go together.
func checkCount(counting bool, form string, limit int64) error {
	if counting && (form != "table" || limit != 0) {
		return usagef("--count prints a number: leave out --output and --limit")
	}
	return nil
}

// onlyStored refuses flags that a search of log files does not know.
func onlyStored(names ...string) error {
	return usagef("%s: only with --data or --endpoint", strings.Join(names, ", "))
}
