package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"tocsin/audit"
	"tocsin/core/control"
)

// A view is what the page shows, put together before it is written. Its texts are
// as they came; the page escapes them.
type view struct {
	Version, At, Benchmark string
	Tallies                []tally
	Findings               int
	Sections               []section
	Controls               []controlRow // where several sections were asked
	// Open is what did not pass of the only section.
	Open   []shown
	Unread int
}

// A tally is how many findings have a status.
type tally struct {
	Status       audit.Status
	Class, Means string
	N            int
	// X and Width are in hundredths of a bar.
	X, Width float64
}

// A section is one account and Region.
type section struct {
	*Report
	ID, Title, When string
	Tallies         []tally
	Shown           []shown
	Evidence        []exhibit
}

// A shown is a finding.
type shown struct {
	*audit.Finding
	ID, Class, Number, Title, Why string
	Accepted                      bool
	Links                         []node
	Auditors, Notes               []audit.Remark
	Exhibits                      []*exhibit
}

// A node is a link of a chain as it is drawn.
type node struct {
	Kind, Name, Short, Class, State, Text string
}

// An exhibit is an answer that findings rest on, shown once in a section.
type exhibit struct {
	ID, Name, Text string
	audit.Evidence
}

// A controlRow is what became of a control in all accounts and Regions.
type controlRow struct {
	Number, Title, Control string
	Tallies                []tally
	Open                   []group
}

// A group is where a control has a status other than PASSED.
type group struct {
	Status audit.Status
	Class  string
	Places []where
}

// A where is a finding's place.
type where struct{ ID, Title string }

var classes = map[audit.Status]string{audit.Passed: "passed", audit.Failed: "failed", audit.Warning: "warning", audit.NotAvailable: "open"}

var means = map[audit.Status]string{
	audit.Failed:       "an event reaches nobody",
	audit.Warning:      "it holds, but not for all or not always",
	audit.NotAvailable: "it could not be decided",
	audit.Passed:       "every event reaches somebody",
}

func tallies(count func(audit.Status) int) []tally {
	var list []tally
	total := 0
	for _, s := range Statuses() {
		n := count(s)
		list = append(list, tally{Status: s, Class: classes[s], Means: means[s], N: n})
		total += n
	}
	x := 0.0
	for i := range list {
		list[i].X, list[i].Width = x, 100*float64(list[i].N)/float64(max(1, total))
		x += list[i].Width
	}
	return list
}

func viewOf(a Audit) *view {
	v := &view{Version: a.Version, At: a.At.UTC().Format("2 January 2006, 15:04 MST")}
	counts := map[audit.Status]int{}
	for i := range a.Reports {
		r := &a.Reports[i]
		v.Benchmark = string(r.Benchmark)
		s := sectionOf(r, fmt.Sprintf("a%d", i+1))
		for k := range r.Findings {
			counts[r.Findings[k].Status]++
		}
		v.Findings += len(r.Findings)
		v.Unread += len(r.Missing)
		v.Sections = append(v.Sections, s)
	}
	v.Tallies = tallies(func(s audit.Status) int { return counts[s] })
	if slices.ContainsFunc(v.Sections, func(s section) bool { return s.Unasked == "" }) && len(v.Sections) > 1 {
		v.Controls = controlRows(v.Sections)
	}
	if len(v.Sections) == 1 && v.Sections[0].Unasked == "" {
		v.Open = slices.DeleteFunc(slices.Clone(v.Sections[0].Shown), func(f shown) bool { return !f.Worth() })
	}
	return v
}

func sectionOf(r *Report, id string) section {
	s := section{Report: r, ID: id, Title: cmp.Or(r.Account, "unknown account") + ", " + r.Region, When: r.At.UTC().Format("2006-01-02 15:04:05 MST")}
	s.Tallies = tallies(r.Count)
	at := map[string]int{}
	refs := make([][]int, len(r.Findings))
	for i := range r.Findings {
		for _, e := range r.Findings[i].Evidence {
			key := e.Call + "\x00" + e.Resource + "\x00" + string(e.Answer)
			n, known := at[key]
			if !known {
				n = len(s.Evidence)
				at[key] = n
				s.Evidence = append(s.Evidence, exhibit{ID: fmt.Sprintf("%s-e%d", id, n+1), Name: fmt.Sprintf("E%d", n+1), Text: indented(e.Answer), Evidence: e})
			}
			if !slices.Contains(refs[i], n) {
				refs[i] = append(refs[i], n)
			}
		}
	}
	for i := range r.Findings {
		f := shownOf(r, &r.Findings[i], id)
		for _, n := range refs[i] {
			f.Exhibits = append(f.Exhibits, &s.Evidence[n])
		}
		s.Shown = append(s.Shown, f)
	}
	return s
}

// indented is JSON for reading; what is none is shown as it is.
func indented(answer json.RawMessage) string {
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	var v any
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if d.Decode(&v) != nil || e.Encode(v) != nil {
		return string(answer)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func shownOf(r *Report, f *audit.Finding, section string) shown {
	s := shown{
		Finding: f, ID: section + "-" + f.Control, Class: classes[f.Status], Number: Number(f), Title: titleOf(f), Why: summary(f), Accepted: r.Accepts(f),
		Links: nodes(f),
	}
	for _, m := range f.Remarks {
		if m.About == "auditor" {
			s.Auditors = append(s.Auditors, m)
		} else {
			s.Notes = append(s.Notes, m)
		}
	}
	return s
}

// Worth tells whether there is something to look at.
func (s shown) Worth() bool { return s.Status != audit.Passed }

// wayOfAlarm are the links that an alarm's chain has, to show which are not reached.
var wayOfAlarm = []string{
	audit.TrailLink, audit.SelectorLink, audit.LogGroupLink, audit.FilterLink, audit.MetricLink, audit.AlarmLink, audit.TopicLink, audit.SubscriptionLink,
}

// isAlarm tells of the built-in controls, which are read once, whether they are
// about an alarm.
var isAlarm = sync.OnceValue(func() map[string]bool {
	alarms := map[string]bool{}
	for _, c := range control.Builtin().Controls {
		alarms[c.ID] = c.Kind == control.Alarm
	}
	return alarms
})

var states = map[audit.Rank]string{
	audit.Holds: "holds", audit.Restricted: "holds in part", audit.Unknown: "could not be read", audit.Broken: "broken",
}

// nodes are the links as they are drawn, and those that a chain which ends early
// does not reach.
func nodes(f *audit.Finding) []node {
	var list []node
	ends := ""
	for i := range f.Path {
		l := &f.Path[i]
		n := node{Kind: l.Kind, Name: l.Name, Short: shortOf(*l), Class: l.Rank.String(), State: states[l.Rank], Text: l.Text}
		if n.Name == "" {
			n.Kind = l.Called(short)
		}
		list = append(list, n)
		ends = l.Kind
	}
	if i := slices.Index(wayOfAlarm, ends); isAlarm()[f.Control] && i >= 0 && f.Broke >= 0 {
		for _, kind := range wayOfAlarm[i+1:] {
			list = append(list, node{Kind: kind, Class: "beyond", State: "not reached"})
		}
	}
	return list
}

// shortOf is the part of a link's name that tells most.
func shortOf(l audit.Link) string {
	if i := strings.LastIndexByte(l.Name, '/'); l.Kind == audit.MetricLink && i > 0 && i+1 < len(l.Name) {
		return l.Name[i+1:]
	}
	return short(l.Name)
}

// pieces cuts a name where a line may end.
func pieces(name string) []string {
	var list []string
	from := 0
	name = plain(name)
	for i, r := range name {
		if strings.ContainsRune("/_.@:-", r) {
			list = append(list, name[from:i+1])
			from = i + 1
		}
	}
	return append(list, name[from:])
}

// words cuts a command before each option and behind it, so that no line ends
// within its name; together they are the command.
func words(command string) []string {
	var list []string
	command = visible(command)
	from := 0
	for i := 1; i < len(command); i++ {
		if starts := strings.HasPrefix(command[i:], "--") && command[i-1] == ' '; starts || command[i] == ' ' {
			list = append(list, command[from:i])
			from = i
		}
	}
	return append(list, command[from:])
}

// option tells whether a piece of a command is the name of an option.
func option(piece string) bool { return strings.HasPrefix(piece, "--") }

func controlRows(sections []section) []controlRow {
	var order []string
	first := map[string]shown{}
	counts := map[string]map[audit.Status]int{}
	places := map[string]map[audit.Status][]where{}
	for _, s := range sections {
		if s.Unasked != "" {
			continue
		}
		for _, f := range s.Shown {
			id := f.Control
			if _, known := first[id]; !known {
				order = append(order, id)
				first[id], counts[id], places[id] = f, map[audit.Status]int{}, map[audit.Status][]where{}
			}
			counts[id][f.Status]++
			places[id][f.Status] = append(places[id][f.Status], where{f.ID, s.Title})
		}
	}
	var rows []controlRow
	for _, id := range order {
		row := controlRow{Number: first[id].Number, Title: first[id].Title, Control: id, Tallies: tallies(func(s audit.Status) int { return counts[id][s] })}
		for _, s := range Statuses() {
			if at := places[id][s]; s != audit.Passed && len(at) > 0 {
				row.Open = append(row.Open, group{s, classes[s], at})
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// Says are the tallies in words.
func (c controlRow) Says() string {
	var parts []string
	for _, t := range c.Tallies {
		if t.N > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", t.N, t.Status))
		}
	}
	return strings.Join(parts, ", ")
}
