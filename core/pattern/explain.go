package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tocsin/core/event"
)

// An Explanation tells why a message matches a pattern or does not, in the shape
// of the pattern. Every term is judged, also those that a matcher would skip.
type Explanation struct {
	Pattern string `json:"pattern"`
	// Matched is what Pattern.Match answers.
	Matched bool `json:"matched"`
	// Reason is given where the terms do not decide: of the empty pattern, of a
	// message that a JSON pattern cannot look into, of a line with too few tokens.
	Reason string `json:"reason,omitempty"`
	// Root is the judgement on the whole pattern. It is nil where there is only a Reason.
	Root *Judgement `json:"root,omitempty"`
	// NearestMiss are the fewest judgements that would have to be true instead of
	// false for the message to match. They are part of Root.
	NearestMiss []*Judgement `json:"nearest_miss,omitempty"`
}

// A Judgement is one node of a pattern with its truth and the grounds of it.
type Judgement struct {
	Kind JudgementKind `json:"kind"`
	// Text is the node as a pattern writes it, Pos and End its place in
	// Explanation.Pattern, in bytes.
	Text string `json:"text"`
	Pos  int    `json:"pos"`
	End  int    `json:"end"`
	True bool   `json:"true"`
	// Ignored says that the node does not count: a ? term beside others.
	Ignored bool `json:"ignored,omitempty"`
	// Found is what a comparison's selector led to, or the text of a column. It
	// is empty for a field that is absent. At most maxFound values are listed,
	// FoundCount counts them all.
	Found      []Found `json:"found,omitempty"`
	FoundCount int     `json:"found_count,omitempty"`
	// Why says in words why the node is true or false.
	Why string `json:"why,omitempty"`
	// Hint points to what is nearly the wanted value or field.
	Hint string `json:"hint,omitempty"`
	// Nodes are what an any or all joins, and the condition of a column.
	Nodes []*Judgement `json:"nodes,omitempty"`

	// likeness tells how much a found value is like the wanted one, from 0 to 1.
	likeness float64
	selector string // of a comparison, as it is written
}

// A JudgementKind tells what kind of node a Judgement is about.
type JudgementKind string

const (
	JudgeAny        JudgementKind = "any"        // true when one of its nodes is
	JudgeAll        JudgementKind = "all"        // true when all of its nodes are
	JudgeComparison JudgementKind = "comparison" // of a JSON pattern or a column
	JudgeTerm       JudgementKind = "term"       // of a Terms pattern
	JudgeColumn     JudgementKind = "column"     // of a SpaceDelimited pattern
)

// Found is a value that a pattern looked at.
type Found struct {
	// Kind is null, false, true, number, string, object, array or token.
	Kind string `json:"kind"`
	// Text is the text of a string or token, shortened, and the written form of a number.
	Text string `json:"text,omitempty"`
}

// Bounds on what an Explanation repeats from the message, in values and characters.
const (
	maxFound     = 5
	maxFoundText = 120
)

// Explain judges each term of p on a message.
func Explain(p *Pattern, message []byte) Explanation {
	e := Explanation{Pattern: p.Text}
	switch p.Language {
	case Everything:
		e.Matched, e.Reason = true, "the empty pattern matches every log event"
		return e
	case Terms:
		e.Root = judgeTerms(p, message)
	case JSON:
		root, ok := decodeObject(message)
		if !ok {
			e.Reason = noObject(message)
			return e
		}
		e.Root = judge(p.Condition, "", func(c *Comparison) *Judgement { return judgeComparison(c, root) })
	case SpaceDelimited:
		e.Root, e.Reason = judgeColumns(p, message)
	}
	e.Matched = e.Root.True
	if !e.Matched {
		e.NearestMiss = nearestMiss(e.Root)
	}
	return e
}

// judge builds the judgement of a condition from those of its comparisons. The
// name is that of the column that the condition stands in.
func judge(n Node, name string, compare func(*Comparison) *Judgement) *Judgement {
	var j *Judgement
	switch n := n.(type) {
	case *Or:
		j = &Judgement{Kind: JudgeAny}
		for _, m := range n.Nodes {
			k := judge(m, name, compare)
			j.Nodes, j.True = append(j.Nodes, k), j.True || k.True
		}
	case *And:
		j = &Judgement{Kind: JudgeAll, True: true}
		for _, m := range n.Nodes {
			k := judge(m, name, compare)
			j.Nodes, j.True = append(j.Nodes, k), j.True && k.True
		}
	case *Comparison:
		j = compare(n)
		j.Kind, j.selector = JudgeComparison, name
		if n.Selector != nil {
			j.selector = n.Selector.String()
		}
	}
	j.Text, j.Pos, j.End = nodeText(n, name), n.Where().Pos, n.Where().End
	return j
}

// nodeText is a condition as it is written, without the parentheses around it.
func nodeText(n Node, name string) string {
	var b strings.Builder
	switch n := n.(type) {
	case *Or:
		printJoined(&b, n.Nodes, " || ", 0, name)
	case *And:
		printJoined(&b, n.Nodes, " && ", 0, name)
	case *Comparison:
		n.print(&b, name)
	}
	return b.String()
}

// noObject says what a message is that no JSON pattern matches.
func noObject(message []byte) string {
	const only = ": a JSON pattern matches JSON objects only"
	var v any
	err := json.Unmarshal(message, &v)
	if broken := (*json.SyntaxError)(nil); errors.As(err, &broken) {
		trimmed := bytes.TrimSpace(message)
		if len(trimmed) > 0 && trimmed[0] == '{' {
			return fmt.Sprintf("the message is broken JSON at byte %d (%v)%s", broken.Offset, err, only)
		}
		return "the message is not JSON" + only
	}
	switch v.(type) {
	case []any:
		return "the message is a JSON array" + only
	case string:
		return "the message is a JSON string" + only
	}
	return "the message is a single JSON value" + only
}

// foundOf describes decoded JSON values.
func foundOf(values []any) []Found {
	var found []Found
	for _, v := range values[:min(len(values), maxFound)] {
		f := Found{Kind: kindName(kindOf(v))}
		switch v := v.(type) {
		case json.Number:
			f.Text = shorten(v.String())
		case string:
			f.Text = shorten(v)
		}
		found = append(found, f)
	}
	return found
}

func kindOf(v any) event.Kind {
	switch v := v.(type) {
	case nil:
		return event.Null
	case bool:
		if v {
			return event.True
		}
		return event.False
	case json.Number:
		return event.Number
	case string:
		return event.String
	case map[string]any:
		return event.Object
	}
	return event.Array
}

func kindName(k event.Kind) string {
	return [...]string{
		event.Absent: "absent", event.Null: "null", event.False: "false", event.True: "true",
		event.Number: "number", event.String: "string", event.Object: "object", event.Array: "array",
	}[k]
}

// shorten cuts a long text in its middle.
func shorten(text string) string {
	runes := []rune(text)
	if len(runes) <= maxFoundText {
		return text
	}
	return string(runes[:maxFoundText*2/3]) + "..." + string(runes[len(runes)-maxFoundText/3:])
}
