package notify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tocsin/core/evidence"
)

// Bounds of what people are shown, in bytes and in numbers.
const (
	maxTitle     = 200
	maxWord      = 40  // a state, a severity
	maxValue     = 300 // an ARN, a user agent
	maxErrorText = 400
	maxReason    = 1200
	maxCommand   = 2000
	maxValues    = 5 // of each fact
	maxEvents    = 10
)

// A story is what happened, ready for people: every text is one line, bounded,
// and has no working link in it. Escaping is left to the form it is shown in.
type story struct {
	State, Previous string
	Severity        string // of an alarm that rings; "" when there is none
	Title           string
	Lead            string // how many events when, in a sentence
	Remarks         []string
	Facts           []fact
	Events          []happening
	More            int64 // events that are not among Events
	Command         string
	Reason          string
	Changed         string // OK -> ALARM at 14 September 2026, 11:18:44 UTC; or since when
	Alarm, AlarmARN string
}

// A fact is the most frequent values of one kind, most frequent first.
type fact struct {
	Label  string
	Values []evidence.Count // a Count of 0 or 1 is not shown
	More   int
}

// A happening is one event.
type happening struct {
	Date        string // "" when all events told of are of the day that the lead names
	Time        string
	What        string // iam:CreateUser
	Who         string // the end of the principal that tells people apart
	Principal   string
	From        string
	Agent       string
	Account     string // "" when all events told of are of one
	Region      string
	Error       string
	ErrorDetail string
}

// tell makes the story of a summary.
func tell(s evidence.Summary) story {
	t := story{
		State:    inert(oneLine(s.State, maxWord)),
		Previous: inert(oneLine(s.Previous, maxWord)),
		Severity: inert(oneLine(s.Severity, maxWord)),
		Title:    inert(oneLine(s.Title, maxTitle)),
		Reason:   inert(oneLine(s.Reason, maxReason)),
		Command:  command(s.Command),
		Alarm:    inert(oneLine(s.Alarm, maxValue)),
		AlarmARN: inert(oneLine(s.AlarmARN, maxValue)),
	}
	if t.Title == "" {
		t.Title = t.Alarm
	}
	t.Lead = lead(s)
	if s.State != ringing {
		t.Severity = "" // of what is not the case
	}
	if s.Repeated {
		t.Remarks = append(t.Remarks, "The alarm was ringing already and still is.")
	}
	if s.Late {
		t.Remarks = append(t.Remarks, "The data came late: its period had been evaluated before.")
	}
	for _, f := range []struct {
		label  string
		values []evidence.Count
	}{
		{"Who", s.Principals},
		{"By key", s.Keys},
		{"What", s.Actions},
		{"Where from", s.Addresses},
		{"Account", s.Accounts},
		{"Region", s.Regions},
		{"Error", s.Errors},
	} {
		if len(f.values) > 0 {
			t.Facts = append(t.Facts, newFact(f.label, f.values, s.Count))
		}
	}
	for _, e := range s.Newest[:min(len(s.Newest), maxEvents)] {
		t.Events = append(t.Events, newHappening(e))
	}
	if !slices.ContainsFunc(t.Events, func(h happening) bool { return h.Account != t.Events[0].Account }) {
		for i := range t.Events {
			t.Events[i].Account = ""
		}
	}
	if on := dayOf(s); !slices.ContainsFunc(t.Events, func(h happening) bool { return h.Date != on }) {
		for i := range t.Events {
			t.Events[i].Date = ""
		}
	}
	t.More = max(s.Count-int64(len(t.Events)), 0)
	if !s.At.IsZero() {
		at := day(s.At) + ", " + clock(s.At) + " UTC"
		if t.Changed = t.Previous + " -> " + t.State + " at " + at; s.Repeated {
			t.Changed = t.State + " since " + at
		}
	}
	return t
}

// dayOf is the one day that the lead names, as a happening's date, or "".
func dayOf(s evidence.Summary) string {
	if s.From.IsZero() || s.To.IsZero() || day(s.From) != day(s.To) {
		return ""
	}
	return s.From.UTC().Format(time.DateOnly)
}

// newFact leaves the number away where it says what the lead says.
func newFact(label string, values []evidence.Count, all int64) fact {
	f := fact{Label: label, More: max(len(values)-maxValues, 0)}
	for _, v := range values[:min(len(values), maxValues)] {
		f.Values = append(f.Values, evidence.Count{Text: inert(oneLine(v.Text, maxValue)), Count: v.Count})
	}
	if len(f.Values) == 1 && f.Values[0].Count == all {
		f.Values[0].Count = 0
	}
	return f
}

func newHappening(e evidence.Event) happening {
	h := happening{
		What:        inert(oneLine(action(e), maxValue)),
		Principal:   inert(oneLine(e.Principal, maxValue)),
		From:        inert(oneLine(e.Address, maxValue)),
		Agent:       inert(oneLine(e.UserAgent, maxValue)),
		Error:       inert(oneLine(e.ErrorCode, maxValue)),
		ErrorDetail: inert(oneLine(e.ErrorMessage, maxErrorText)),
		Account:     inert(oneLine(e.Account, maxValue)),
		Region:      inert(oneLine(e.Region, maxValue)),
	}
	h.Who = shortPrincipal(h.Principal)
	if !e.Time.IsZero() {
		h.Date, h.Time = e.Time.UTC().Format(time.DateOnly), clock(e.Time)
	}
	return h
}

// action is what an event did, as IAM policies write it.
func action(e evidence.Event) string {
	service := strings.TrimSuffix(e.Source, ".amazonaws.com")
	return strings.Join(present(service, e.Name), ":")
}

// shortPrincipal is what follows the account in an ARN: user/alice, root.
func shortPrincipal(principal string) string {
	if !strings.HasPrefix(principal, "arn:") {
		return principal
	}
	parts := strings.SplitN(principal, ":", 6)
	if len(parts) < 6 || parts[5] == "" {
		return principal
	}
	return parts[5]
}

func present(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

// lead says how many events there were, and when.
func lead(s evidence.Summary) string {
	var what string
	switch {
	case s.Count <= 0 && s.State == "OK" && s.Previous == ringing:
		return "The alarm is over."
	case s.Count <= 0 && s.State == "OK":
		return "All is well."
	case s.Count <= 0 && s.State != ringing:
		return "There is not enough data to tell."
	case s.Count == 1 && s.Repeated:
		what = "1 more matching event"
	case s.Count == 1:
		what = "1 matching event"
	case s.Repeated:
		what = grouped(s.Count) + " more matching events"
	case s.Count <= 0:
		what = "No matching events"
	default:
		what = grouped(s.Count) + " matching events"
	}
	from, to := s.From.UTC().Truncate(time.Second), s.To.UTC().Truncate(time.Second)
	switch {
	case s.From.IsZero() || s.To.IsZero():
		return what + "."
	case from.Equal(to):
		return fmt.Sprintf("%s on %s at %s UTC.", what, day(from), clock(from))
	case day(from) == day(to):
		return fmt.Sprintf("%s on %s between %s and %s UTC.", what, day(from), clock(from), clock(to))
	}
	return fmt.Sprintf("%s between %s, %s and %s, %s UTC.", what, day(from), clock(from), day(to), clock(to))
}

func day(t time.Time) string   { return t.UTC().Format("2 January 2006") }
func clock(t time.Time) string { return t.UTC().Format(time.TimeOnly) }

// grouped writes 1234567 as 1,234,567.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// command is a command to copy, blanks and line breaks included. Its links stay as
// they are, so that whoever makes it must not quote the log in it.
func command(s string) string {
	return cut(strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && isInvisible(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(cut(s, maxCommand), string(utf8.RuneError))), maxCommand)
}
