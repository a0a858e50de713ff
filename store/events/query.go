package events

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"tocsin/core/pattern"
)

// The bounds of a page.
const (
	DefaultPage = 50
	MaxPage     = 10_000
)

// A Query selects events of a log group.
type Query struct {
	Group int64
	// From and To bound the time, both inclusive, in milliseconds since 1970.
	From, To int64
	// Attributes have to equal, all of them; see Attribute.
	Attributes []Match
	// Pattern has to match; nil for all.
	Pattern     *pattern.Pattern
	Streams     []string // any of them; nil for all
	OldestFirst bool
	Limit       int // of the page, at most MaxPage; 0 for DefaultPage
	// Bytes is how many bytes of messages end a page before its Limit, but for its
	// first event; 0 for 32 MB, and no more than that.
	Bytes int
	After string // Page.Next of the page before, "" for the first
}

// A Match is an attribute and a value, as in LookupEvents: equal to the letter.
type Match struct {
	Attribute Attribute
	Value     string
}

// ErrQuery says that a query asks for something that there is not.
var ErrQuery = errors.New("bad query")

// check tells what is wrong with a query and fills in its defaults.
func (q *Query) check() error {
	switch {
	case q.Limit < 0 || q.Limit > MaxPage:
		return fmt.Errorf("%w: a page of %d events; it has 1 to %d", ErrQuery, q.Limit, MaxPage)
	case q.Limit == 0:
		q.Limit = DefaultPage
	}
	// The ends of time are not needed and would only overflow.
	q.From, q.To = max(q.From, math.MinInt64/2), min(q.To, math.MaxInt64/2)
	for _, m := range q.Attributes {
		if _, err := m.Attribute.known(); err != nil {
			return err
		}
	}
	return nil
}

// known is what is known of an attribute.
func (a Attribute) known() (attribute, error) {
	if k, ok := attributes[a]; ok {
		return k, nil
	}
	all := make([]string, 0, len(attributes))
	for name := range attributes {
		all = append(all, string(name))
	}
	slices.Sort(all)
	return attribute{}, fmt.Errorf("%w: there is no attribute %q; there are %q", ErrQuery, string(a), all)
}
