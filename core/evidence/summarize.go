package evidence

import (
	"cmp"
	"slices"
)

// Bounds of a Summary.
const (
	MaxTop    = 5  // entries of each top
	MaxNewest = 10 // events
)

// Summarize adds to a summary what the events tell: its tops, and the newest of
// the events themselves. They come newest first, and may be fewer than Count:
// the tops then tell of those that are known.
func Summarize(s Summary, events []Event) Summary {
	for to, text := range map[*[]Count]func(*Event) string{
		&s.Principals: func(e *Event) string { return e.Principal },
		&s.Actions:    (*Event).Action,
		&s.Keys:       func(e *Event) string { return e.AccessKey },
		&s.Addresses:  func(e *Event) string { return e.Address },
		&s.Accounts:   func(e *Event) string { return e.Account },
		&s.Regions:    func(e *Event) string { return e.Region },
		&s.Errors:     func(e *Event) string { return e.ErrorCode },
	} {
		*to = top(events, text)
	}
	s.Newest = slices.Clone(events[:min(len(events), MaxNewest)])
	return s
}

// Action is what was done, as IAM policies write it: iam:CreateUser.
func (e *Event) Action() string {
	return string(appendAction(nil, []byte(e.Source), []byte(e.Name)))
}

// top is the most frequent texts, most frequent first, ties in the order of the
// texts. An empty text, something that an event does not tell, does not count.
func top(events []Event, text func(*Event) string) []Count {
	counts := map[string]int64{}
	for i := range events {
		if t := text(&events[i]); t != "" {
			counts[t]++
		}
	}
	var out []Count
	for t, n := range counts {
		out = append(out, Count{t, n})
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text))
	})
	return out[:min(len(out), MaxTop)]
}
