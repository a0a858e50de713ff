package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tocsin/core/control"
	"tocsin/flow"
)

// A scanView shows a scan's report to a person.
type scanView struct {
	w         io.Writer
	sc        screen
	options   scanOptions
	packGiven bool
	paths     []string
	window    window
	leftOut   []string // controls of the pack that need values first
}

// show writes the whole report: what was read, the alarms that rang, the
// controls that stayed quiet, and what could not be read.
func (v *scanView) show(r flow.Report) {
	v.summary(r)
	rang, still, quiet := sortControls(r.Controls)
	if len(rang) > 0 {
		fmt.Fprintln(v.w, v.overview(rang))
		axis := newAxis(r.Span.First, axisEnd(r.Span.Last, rang), max(20, v.sc.width-labelWidth-8))
		for _, c := range rang {
			fmt.Fprintln(v.w)
			v.control(c, axis)
		}
	}
	if r.Events > 0 && len(still)+len(quiet) > 0 {
		fmt.Fprintln(v.w)
		v.quiet(still, quiet)
	}
	if len(v.leftOut) > 0 {
		fmt.Fprintln(v.w)
		text := fmt.Sprintf("Left out (%d), since they need values of yours: %s. --control ID uses one with its example values, a pack of your own with yours.",
			len(v.leftOut), strings.Join(cleanAll(slices.Clone(v.leftOut)...), ", "))
		for _, line := range wrap(text, v.sc.width) {
			fmt.Fprintln(v.w, v.sc.paint(dim, line))
		}
	}
	if len(r.Problems) > 0 {
		fmt.Fprintln(v.w)
		writeProblems(v.w, v.sc, r.Problems, r.ProblemsLeftOut)
	}
}

// axisEnd is where the plots end: with the last event, or the last ring after it.
func axisEnd(last time.Time, rang []flow.ControlReport) time.Time {
	for _, c := range rang {
		if at := c.Alarms[len(c.Alarms)-1].At; at.After(last) {
			last = at
		}
	}
	return last
}

// overview counts the alarms that rang by severity.
func (v *scanView) overview(rang []flow.ControlReport) string {
	var parts []string
	for s := control.Critical; s >= control.Low; s-- {
		n := 0
		for _, c := range rang {
			if severity(c) == s {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, v.sc.paint(severityStyle(s), fmt.Sprintf("%d %s", n, s)))
		}
	}
	return v.sc.paint(bold, count(int64(len(rang)), "alarm")+" rang") + ": " + strings.Join(parts, ", ")
}

// sortControls divides controls into those whose alarm rang, those that matched
// without ringing, and those that matched nothing; the first by severity.
func sortControls(all []flow.ControlReport) (rang, still, quiet []flow.ControlReport) {
	for _, c := range all {
		switch {
		case len(c.Alarms) > 0:
			rang = append(rang, c)
		case c.Matches > 0:
			still = append(still, c)
		default:
			quiet = append(quiet, c)
		}
	}
	slices.SortStableFunc(rang, func(a, b flow.ControlReport) int {
		return cmp.Or(cmp.Compare(severity(b), severity(a)), a.Alarms[0].At.Compare(b.Alarms[0].At))
	})
	return rang, still, quiet
}

func severity(c flow.ControlReport) control.Severity {
	s, err := control.ParseSeverity(c.Severity)
	if err != nil {
		return control.Low
	}
	return s
}

// severityStyle is the colour of a severity.
func severityStyle(s control.Severity) style {
	switch s {
	case control.Critical:
		return loud
	case control.High:
		return red
	case control.Medium:
		return yellow
	}
	return cyan
}

// summary is the first line: how much was read, of when, how fast.
func (v *scanView) summary(r flow.Report) {
	parts := []string{count(r.Files.Read, "file"), count(r.Events, "event")}
	if r.Duplicates > 0 {
		text := count(r.Duplicates, "duplicate")
		if v.options.keepRepeats {
			text += " counted"
		} else {
			text += " left out"
		}
		parts = append(parts, text)
	}
	if !r.Span.First.IsZero() {
		parts = append(parts, spanText(r.Span.First, r.Span.Last)+" UTC")
	}
	took := time.Duration(r.ElapsedMS) * time.Millisecond
	speed := size(float64(r.Bytes)) + " in " + elapsed(took)
	if took >= 10*time.Millisecond {
		speed += fmt.Sprintf(" (%s/s)", size(float64(r.Bytes)/took.Seconds()))
	}
	parts = append(parts, speed)
	for _, line := range joinWithin(parts, " · ", v.sc.width) {
		fmt.Fprintln(v.w, line)
	}
	var notes []string
	if r.Events == 0 && r.Files.Read > 0 && v.window != (window{}) {
		notes = append(notes, "no events in the time asked for")
	}
	if r.Files.Skipped > 0 {
		notes = append(notes, count(r.Files.Skipped, "file")+" passed over")
	}
	if r.Files.Failed > 0 {
		notes = append(notes, v.sc.paint(yellow, count(r.Files.Failed, "file")+" could not be read"))
	}
	if r.Interrupted {
		notes = append(notes, v.sc.paint(yellow, "interrupted: this is what was read until then"))
	}
	if len(notes) > 0 {
		fmt.Fprintln(v.w, strings.Join(notes, " · "))
	}
}

// labelWidth is the width of the words on the left.
const labelWidth = 12

// control shows one control whose alarm rang.
func (v *scanView) control(c flow.ControlReport, a axis) {
	v.head(c)
	v.plot(c, a)
	v.top("principals", c.Top.Principals, shortPrincipal)
	v.top("addresses", c.Top.Addresses, nil)
	v.top("accounts", severalOnly(c.Top.Accounts), nil)
	v.top("Regions", c.Top.Regions, nil)
	v.top("errors", c.Top.ErrorCodes, nil)
	v.top("actions", c.Top.Actions, nil)
	v.rows("rang", rings(c.Alarms))
	v.rows("reason", clean(c.Alarms[0].Reason))
	v.showCommand(v.command(c))
}

// severalOnly is the counts when there are several: one account goes without saying.
func severalOnly(counts []flow.Count) []flow.Count {
	if len(counts) < 2 {
		return nil
	}
	return counts
}

// head is a control's title, and how many events it saw from when to when.
func (v *scanView) head(c flow.ControlReport) {
	sev, id, st := strings.ToUpper(clean(c.Severity)), clean(c.ID), severityStyle(severity(c))
	facts := []string{count(c.Matches, "event"), spanText(c.Span.First, c.Span.Last)}
	switch {
	case c.Matches == 0: // it rang for silence
		facts = facts[:1]
	case !c.Span.First.IsZero() && c.Span.First.Equal(c.Span.Last):
		facts[1] = timeText(c.Span.First)
	}
	margin := width(sev) + len(gap)
	title := wrap(clean(c.Title), v.sc.width-margin)
	for i, line := range title {
		start := strings.Repeat(" ", margin)
		if i == 0 {
			start = v.sc.paint(st, sev) + gap
		}
		line = cut(line, v.sc.width-margin)
		blanks := v.sc.width - margin - width(line) - width(id)
		line = v.sc.paint(bold, line)
		switch {
		case i < len(title)-1 || clean(c.Title) == id:
		case blanks >= len(gap):
			line += strings.Repeat(" ", blanks) + v.sc.paint(dim, id)
		default:
			facts = append(facts, id)
		}
		fmt.Fprintln(v.w, start+line)
	}
	for _, line := range joinWithin(facts, " · ", v.sc.width-2) {
		fmt.Fprintf(v.w, "  %s\n", line)
	}
}

// rings says how often an alarm rang, and when as long as that is brief.
func rings(stays []flow.Alarm) string {
	const few = 3
	var at []string
	day := ""
	for _, stay := range stays[:min(len(stays), few)] {
		t := stay.At.UTC()
		if d := t.Format(time.DateOnly); d != day {
			at = append(at, timeText(t))
			day = d
		} else {
			at = append(at, t.Format(time.TimeOnly))
		}
	}
	switch n := len(stays); {
	case n == 1:
		return "once: " + at[0]
	case n == 2:
		return "twice: " + strings.Join(at, ", ")
	case n <= few:
		return fmt.Sprintf("%d times: %s", n, strings.Join(at, ", "))
	default:
		return fmt.Sprintf("%s times, first %s", thousands(int64(n)), at[0])
	}
}

// row writes a label and what it stands for.
func (v *scanView) row(label, text string) {
	fmt.Fprintf(v.w, "  %s%s\n", v.sc.paint(dim, pad(label, labelWidth)), text)
}

// rows writes a label and text of any length.
func (v *scanView) rows(label, text string) {
	for i, line := range wrap(text, v.sc.width-labelWidth-4) {
		if i > 0 {
			label = ""
		}
		v.row(label, line)
	}
}

// top writes the most frequent values, as many as one line holds.
func (v *scanView) top(label string, counts []flow.Count, shorten func(string) string) {
	if len(counts) == 0 {
		return
	}
	space := v.sc.width - labelWidth - 4
	line, used := "", 0
	for i, c := range counts {
		value := c.Value
		if shorten != nil {
			value = shorten(value)
		}
		value = clean(value)
		number := " " + thousands(c.Count)
		if i == 0 {
			value = cutMiddle(value, space-width(number))
		}
		need := width(value) + width(number)
		if i > 0 {
			need += len(gap)
			if used+need > space {
				break
			}
			line += gap
		}
		line += value + v.sc.paint(dim, number)
		used += need
	}
	v.row(label, line)
}

// plot draws the matches and the alarm's state over time.
func (v *scanView) plot(c flow.ControlReport, a axis) {
	counts := make([]int64, a.columns)
	var most int64
	for _, m := range c.Minutes {
		if i := a.column(m.Minute); i >= 0 && i < a.columns {
			counts[i] += m.Count
			most = max(most, counts[i])
		}
	}
	inAlarm := make([]float64, a.columns)
	for _, stay := range c.Alarms {
		to := stay.To
		if to.IsZero() { // it still rings at the end
			to = a.start.Add(time.Duration(a.columns) * a.step)
		}
		a.cover(inAlarm, stay.From, to)
	}
	per := "at most " + thousands(most) + " in " + elapsed(a.step)
	chart := bars(counts)
	if width(chart)+len(gap)+len(per) <= v.sc.width-labelWidth-2 {
		chart += gap + v.sc.paint(dim, per)
	}
	v.row("events", chart)
	v.row("ALARM", paintRuns(v.sc, states(inAlarm), '─', severityStyle(severity(c))))
	v.row("", v.sc.paint(dim, a.labels()))
}

// paintRuns colours a line, and dims the runs of one character in it.
func paintRuns(sc screen, line string, faint rune, st style) string {
	var b strings.Builder
	for line != "" {
		run := line
		if rest := strings.TrimLeft(line, string(faint)); len(rest) < len(line) {
			run = line[:len(line)-len(rest)]
			b.WriteString(sc.paint(dim, run))
		} else {
			if i := strings.IndexRune(line, faint); i >= 0 {
				run = line[:i]
			}
			b.WriteString(sc.paint(st, run))
		}
		line = line[len(run):]
	}
	return b.String()
}

// showCommand writes a command, on a terminal broken into lines that can still
// be copied as they are.
func (v *scanView) showCommand(words []string) {
	if !v.sc.terminal {
		v.row("show", strings.Join(words, " "))
		return
	}
	lines := joinWithin(words, " ", v.sc.width-labelWidth-6)
	for i, line := range lines {
		label, more := "", ""
		if i == 0 {
			label = "show"
		} else {
			line = "  " + line
		}
		if i < len(lines)-1 {
			more = ` \`
		}
		v.row(label, v.sc.paint(cyan, line+more))
	}
}

// longPattern is the length beyond which a control is named instead of spelled out.
const longPattern = 100

// command is what to type to see a control's events, quoted for a shell, in
// pieces between which a line may end.
func (v *scanView) command(c flow.ControlReport) []string {
	words := []string{"tocsin search"}
	if !c.Span.First.IsZero() {
		words = append(words, "--since "+exactTime(c.Span.First), "--until "+exactTime(c.Span.Last))
	}
	if v.options.keepRepeats {
		words = append(words, "--keep-duplicates")
	}
	if spec, ok := v.packOf(c); ok && len(c.Pattern) > longPattern {
		if spec != "all" {
			words = append(words, "--pack "+shellQuote(spec))
		}
		words = append(words, "--control "+shellQuote(c.ID))
	} else {
		words = append(words, shellQuote(c.Pattern))
	}
	for _, p := range v.paths {
		if strings.HasPrefix(p, "-") && p != "-" {
			p = "./" + p
		}
		words = append(words, shellQuote(p))
	}
	return words
}

// packOf is the pack in which search finds the control, if it is from one.
func (v *scanView) packOf(c flow.ControlReport) (string, bool) {
	for _, f := range v.options.filters {
		if strings.HasPrefix(f, c.ID+"=") {
			return "", false
		}
	}
	if !v.packGiven || v.options.pack == defaultPack {
		return "all", true
	}
	return v.options.pack, true
}

// exactTime writes a time so that --since and --until read the same again.
func exactTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// quiet names the controls that did not ring.
func (v *scanView) quiet(still, quiet []flow.ControlReport) {
	list := func(label string, controls []flow.ControlReport, name func(flow.ControlReport) string) {
		if len(controls) == 0 {
			return
		}
		names := make([]string, len(controls))
		for i, c := range controls {
			names[i] = name(c)
		}
		text := label + ": " + strings.Join(names, ", ")
		for _, line := range wrap(text, v.sc.width) {
			fmt.Fprintln(v.w, v.sc.paint(dim, line))
		}
	}
	list("Matched without ringing", still, func(c flow.ControlReport) string {
		return clean(c.ID) + " (" + count(c.Matches, "event") + ")"
	})
	list(fmt.Sprintf("Quiet (%d)", len(quiet)), quiet, func(c flow.ControlReport) string { return clean(c.ID) })
}

// joinWithin joins parts on lines of at most so many columns.
func joinWithin(parts []string, between string, columns int) []string {
	var lines []string
	line := ""
	for _, p := range parts {
		switch {
		case line == "":
			line = p
		case width(line)+width(between)+width(p) <= columns:
			line += between + p
		default:
			lines = append(lines, line)
			line = p
		}
	}
	return append(lines, line)
}
