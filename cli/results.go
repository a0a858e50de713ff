package cli

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"tocsin/core/event"
	"tocsin/flow"
)

// results shows found events one after another, in bounded memory.
type results interface {
	add(flow.Found) error
	// release shows what is held back, after which more may come.
	release() error
	// notes are what is worth saying about the result, beside it.
	notes() []string
}

// flusher is a buffered writer.
type flusher interface {
	io.Writer
	Flush() error
}

// newResults makes the form that --output names.
func newResults(form string, w flusher, sc screen, m *meter) (results, error) {
	switch form {
	case "table":
		return &tableResults{w: w, text: sc.forPeople(w), sc: sc, meter: m, describe: flow.NewDescriber()}, nil
	case "json":
		return &jsonResults{w: w, escape: sc.terminal, meter: m}, nil
	case "csv":
		return &csvResults{w: csv.NewWriter(w), describe: flow.NewDescriber()}, nil
	}
	return nil, usagef("--output %q: write table, json or csv%s", form, didYouMean(form, []string{"table", "json", "csv"}))
}

// holdBack is how long a result may be held back, be it in a buffer or to see
// what follows.
const holdBack = 200 * time.Millisecond

// promptResults shows results no later than holdBack after they were found,
// however long the next one takes.
type promptResults struct {
	out flusher

	mu      sync.Mutex // guards what follows, and out
	results results
	timer   *time.Timer // not nil while something is held back
	ended   bool
	err     error // of what the timer wrote
}

func (p *promptResults) add(f flow.Found) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	if p.timer == nil {
		p.timer = time.AfterFunc(holdBack, p.late)
	}
	return p.results.add(f)
}

// late shows what was held back long enough.
func (p *promptResults) late() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = nil
	if !p.ended && p.err == nil {
		p.err = p.show()
	}
}

func (p *promptResults) show() error {
	return cmp.Or(p.results.release(), p.out.Flush())
}

// end shows the last of the results.
func (p *promptResults) end() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.timer != nil {
		p.timer.Stop()
	}
	if p.err != nil {
		return p.err
	}
	return p.show()
}

// firstRows is how many rows at most the widths of the columns are chosen by.
const firstRows = 50

// tableResults is a table for people. Its first rows are held back to see how
// wide the columns have to be.
type tableResults struct {
	w        flusher
	text     io.Writer // w, for people
	sc       screen
	meter    *meter
	describe *flow.Describer
	held     [][]string
	l        layout
	set      bool // whether l has been chosen
}

func eventColumns() []column {
	return []column{
		{title: "TIME (UTC)"},
		{title: "ACCOUNT", spare: 1},
		{title: "REGION", spare: 2},
		{title: "PRINCIPAL", min: 14, middle: true},
		{title: "ACTION", min: 22, middle: true},
		{title: "ADDRESS", min: 12, spare: 3},
		{title: "ERROR", min: 10},
	}
}

// eventCells is an event as a row of these columns.
func eventCells(e flow.Evidence) []string {
	return cleanAll(
		timeText(e.Time), e.Account, e.Region, shortPrincipal(e.Principal), action(e.Source, e.Name), e.Address, e.ErrorCode)
}

func (t *tableResults) add(f flow.Found) error {
	row := eventCells(t.describe.Describe(f))
	if t.set {
		return t.print([][]string{row})
	}
	if t.held = append(t.held, row); len(t.held) < firstRows {
		return nil
	}
	return t.release()
}

func (t *tableResults) release() error {
	if t.set || len(t.held) == 0 {
		return nil
	}
	limit := 0
	if t.sc.terminal {
		limit = t.sc.width
	}
	t.l = fit(eventColumns(), t.held, limit)
	t.set = true
	if _, err := fmt.Fprintln(t.text, t.sc.paint(bold, t.l.titles())); err != nil {
		return err
	}
	held := t.held
	t.held = nil
	return t.print(held)
}

func (t *tableResults) print(rows [][]string) (err error) {
	for _, row := range rows {
		if _, err = fmt.Fprintln(t.text, t.l.line(row, t.sc.terminal)); err != nil {
			return err
		}
	}
	if t.sc.terminal {
		t.meter.pause(func() { err = t.w.Flush() })
	}
	return err
}

func (t *tableResults) notes() []string {
	if left := t.l.leftOut(); len(left) > 0 {
		return []string{"not shown for lack of width: " + strings.ToLower(strings.Join(left, ", "))}
	}
	return nil
}

// jsonResults is the records as they stand in their files, one a line.
type jsonResults struct {
	w      flusher
	escape bool // the terminal must not see what it could obey
	meter  *meter
	line   bytes.Buffer
	broken int
}

func (j *jsonResults) add(f flow.Found) error {
	if !event.Valid(f.Raw) {
		j.broken++ // a pattern of terms matches any text; no line of JSON comes of it
		return nil
	}
	j.line.Reset()
	if bytes.IndexByte(f.Raw, '\n') >= 0 || bytes.IndexByte(f.Raw, '\r') >= 0 {
		if err := json.Compact(&j.line, f.Raw); err != nil {
			return err
		}
	} else {
		j.line.Write(f.Raw)
	}
	j.line.WriteByte('\n')
	text := j.line.Bytes()
	if !j.escape {
		_, err := j.w.Write(text)
		return err
	}
	_, err := j.w.Write(escapeJSON(text))
	if err == nil {
		j.meter.pause(func() { err = j.w.Flush() })
	}
	return err
}

func (j *jsonResults) release() error { return nil }

func (j *jsonResults) notes() []string {
	if j.broken > 0 {
		return []string{count(int64(j.broken), "record") + " left out that are no valid JSON"}
	}
	return nil
}

// csvResults is a table for spreadsheets, the columns those of Evidence. Control
// characters are shown by their codes; who wants every byte takes JSON.
type csvResults struct {
	w        *csv.Writer
	describe *flow.Describer
	begun    bool
}

func (c *csvResults) add(f flow.Found) error {
	if err := c.begin(); err != nil {
		return err
	}
	e := c.describe.Describe(f)
	when := ""
	if !e.Time.IsZero() {
		when = e.Time.UTC().Format(time.RFC3339Nano)
	}
	offset := "" // of what a server keeps, which has none
	if e.Offset >= 0 {
		offset = strconv.FormatInt(e.Offset, 10)
	}
	cells := []string{
		when, e.EventID, e.Source, e.Name, e.Account, e.Region, e.Principal, e.Address, e.UserAgent, e.ErrorCode,
		e.File, offset,
	}
	for i := range cells {
		cells[i] = noFormula(clean(cells[i]))
	}
	return c.w.Write(cells)
}

func (c *csvResults) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	return c.w.Write([]string{
		"time", "event_id", "event_source", "event_name", "account", "region", "principal", "address", "user_agent",
		"error_code", "file", "offset",
	})
}

func (c *csvResults) release() error {
	if err := c.begin(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

func (c *csvResults) notes() []string { return nil }

// noFormula keeps a spreadsheet from taking a text for a formula: whoever chose
// a user agent would otherwise run it on the reader's machine.
func noFormula(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
