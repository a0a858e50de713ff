package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"tocsin/app"
)

// demoWidth is the most columns that the demo uses: a mail is read in lines.
const demoWidth = 100

func (d *demo) width() int { return min(d.sc.width, demoWidth) }

func (d *demo) say(format string, args ...any) {
	d.bar.clear()
	fmt.Fprintf(d.sc.forPeople(d.s.Out), format+"\n", args...)
}

// begin says what is going to be seen.
func (d *demo) begin(a *app.App, length time.Duration) {
	for i, line := range wrap("An account with the CIS alarms on, and somebody who has found one of its keys. "+
		"Three hours of its log files are played in "+elapsed(length)+".", d.width()) {
		if i == 0 {
			line = d.sc.paint(bold, line)
		}
		d.say("%s", line)
	}
	d.say("")
	for _, l := range [][2]string{
		{"watched", d.trail},
		{"status", a.ConsoleURL()},
		{"told", demoAddress + ", who has followed the link that confirms it"},
	} {
		for i, line := range wrap(clean(l[1]), d.width()-11) {
			d.say("  %s%s", d.sc.paint(dim, pad(onlyFirst(i, l[0]), 9)), line)
		}
	}
	d.say("")
}

// showTitles lays out the table of alarms before there are any.
func (d *demo) showTitles() {
	d.started = d.s.Now()
	d.rows = fit([]column{
		{title: "TIME"},
		{title: "SEVERITY"},
		{title: "ALARM", min: 28},
		{title: "WHO", spare: 3},
		{title: "FROM", spare: 2},
		{title: "EVENTS", right: true, spare: 1},
	}, [][]string{{"0:00", "critical", strings.Repeat("x", 40), "support-sync", "203.0.113.10", "1,000"}}, d.width()-2)
	d.say("  %s", d.sc.paint(dim, d.rows.titles()))
}

// severityStyles are the colours of the severities of a pack.
var severityStyles = map[string]style{"critical": loud, "high": red, "medium": yellow, "low": cyan}

// show tells of a mail that came in.
func (d *demo) show(m sinkMail) {
	d.mails = append(d.mails, m)
	at := d.s.Now().Sub(d.started).Truncate(time.Second)
	r := readAlarmMail(m)
	line := d.rows.line(cleanAll(fmt.Sprintf("%d:%02d", int(at.Minutes()), int(at.Seconds())%60), r.severity, r.title, r.who, r.from, r.events), true)
	if st, ok := severityStyles[r.severity]; ok {
		before, after, _ := strings.Cut(line, r.severity)
		line = d.sc.paint(dim, before) + d.sc.paint(st, r.severity) + after
	}
	d.say("  %s", line)
}

// An alarmRow is what a line has room for of an alarm's mail.
type alarmRow struct{ severity, title, who, from, events string }

var (
	alarmHead = regexp.MustCompile(`^[A-Z_]+(?: \((\w+)\))?: (.*)`)
	alarmLead = regexp.MustCompile(`(?m)^([\d,]+) (?:more )?matching events?\b`)
	alarmFact = regexp.MustCompile(`(?m)^(Who|Where from) +(\S+)`)
)

// readAlarmMail reads it in a mail as people get it; of one of another form it
// is the subject.
func readAlarmMail(m sinkMail) alarmRow {
	r := alarmRow{title: m.subject}
	if head := alarmHead.FindStringSubmatch(m.text); head != nil {
		r.severity, r.title = head[1], head[2]
	}
	if lead := alarmLead.FindStringSubmatch(m.text); lead != nil {
		r.events = lead[1]
	}
	for _, fact := range alarmFact.FindAllStringSubmatch(m.text, -1) {
		if fact[1] == "Who" {
			r.who = fact[2][strings.LastIndexAny(fact[2], "/:")+1:]
		} else {
			r.from = fact[2]
		}
	}
	return r
}

// showMail shows the mail that tells most.
func (d *demo) showMail() {
	m := d.best()
	rule := d.sc.paint(dim, strings.Repeat("─", d.width()))
	d.say("\n%s in %s: %s. One of them:\n", count(d.events.Load(), "event"), count(d.files.Load(), "log file"), count(int64(len(d.mails)), "mail"))
	d.say("%s", rule)
	d.say("%s %s\n%s %s\n", d.sc.paint(dim, "To:     "), clean(m.to), d.sc.paint(dim, "Subject:"), d.sc.paint(bold, clean(m.subject)))
	body, _, _ := strings.Cut(m.text, "\n--\n")
	for line := range strings.SplitSeq(strings.TrimRight(body, "\n"), "\n") {
		for _, l := range hang(clean(line), d.width()) {
			d.say("%s", l)
		}
	}
	d.say("%s\n", rule)
}

// hang breaks a line that is too long, what follows further to the right. One
// that a shell would go on reading stays whole, to be copied.
func hang(line string, columns int) []string {
	if width(line) <= columns || strings.HasSuffix(line, `\`) {
		return []string{line}
	}
	text := strings.TrimLeft(line, " ")
	margin := strings.Repeat(" ", len(line)-len(text))
	lines := wrap(text, columns-len(margin)-2)
	for i := range lines {
		lines[i] = margin + lines[i]
		if i == 0 {
			margin += "  "
		}
	}
	return lines
}

// best is the first mail of the most serious alarm.
func (d *demo) best() sinkMail {
	for _, severity := range []string{"critical", "high", "medium"} {
		for _, m := range d.mails {
			if strings.HasPrefix(m.text, "ALARM") && readAlarmMail(m).severity == severity {
				return m
			}
		}
	}
	return d.mails[0]
}

// runCommand runs the command of the mail as a reader would.
func (d *demo) runCommand(ctx context.Context) error {
	_, command, ok := strings.Cut(d.best().text, "\n    tocsin search ")
	command, _, end := strings.Cut(command, "\n\n")
	args, err := splitShell(command)
	if err != nil || !ok || !end {
		return errors.Join(errors.New("the mail has no command that shows its events"), err)
	}
	d.say("%s\n", d.sc.paint(bold, "What its command shows by now:"))
	search := newSearch(d.s)
	search.SetArgs(args)
	search.SilenceErrors, search.SilenceUsage = true, true
	if err := search.ExecuteContext(ctx); err != nil {
		return fmt.Errorf("the command of the mail: %w", err)
	}
	d.say("")
	return nil
}

// splitShell splits a line as a POSIX shell does, as far as shellQuote and lines
// that go on after a backslash need it.
func splitShell(text string) ([]string, error) {
	var args []string
	var arg strings.Builder
	inside, quoted := false, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\'':
			quoted = false
		case quoted:
			arg.WriteByte(c)
		case c == '\'':
			inside, quoted = true, true
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] != '\n' {
				inside = true
				arg.WriteByte(text[i])
			}
		case c == ' ' || c == '\n':
			if inside {
				args = append(args, arg.String())
				arg.Reset()
				inside = false
			}
		default:
			inside = true
			arg.WriteByte(c)
		}
	}
	if quoted {
		return nil, errors.New("a quote is not closed")
	}
	if inside {
		args = append(args, arg.String())
	}
	return args, nil
}

// next says what to do after the demo.
func (d *demo) next(o demoOptions) {
	line := func(command, what string) { d.say("  %s%s", d.sc.paint(bold, pad(command+"  ", 40)), what) }
	d.say("Next:\n")
	if o.keep == "" {
		line("tocsin demo --keep demo", "keep all of it, to search in it")
	} else {
		line("tocsin lookup --data "+shellQuote(o.keep+"/data")+" Username=root", "other questions to what is kept")
	}
	if !o.stay {
		line("tocsin demo --stay", "look at the status page")
	}
	line("tocsin serve --help", "watch a trail of your own")
	d.say("")
}

// A demoBar shows on a terminal how far the story has come. A nil one shows nothing.
type demoBar struct{ bar *progressbar.ProgressBar }

func newDemoBar(s Streams, files int64) *demoBar {
	sc := newScreen(s.Err, s.Getenv)
	if sc.steady {
		return nil
	}
	bar := newBar(s.Err, sc, "", progressbar.OptionSetPredictTime(false))
	bar.ChangeMax64(files)
	return &demoBar{bar}
}

func (b *demoBar) draw(files, events int64) {
	if b == nil {
		return
	}
	b.bar.Describe("  " + count(events, "event") + " in " + count(files, "log file"))
	// An error means that the terminal is gone; the result still has its place to go.
	_ = b.bar.Set64(files)
}

// clear takes the bar off the terminal.
func (b *demoBar) clear() {
	if b != nil {
		_ = b.bar.Clear()
	}
}
