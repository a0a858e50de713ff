package pattern

import (
	"regexp"

	"tocsin/core/event"
)

// A Language is one of the forms that a filter pattern has. Which one applies
// is decided by the pattern's first and last character.
type Language uint8

const (
	// Everything is the empty pattern, which matches every log event.
	Everything Language = iota
	// Terms is a list of words, phrases and regular expressions: ERROR -"BAD REQUEST".
	Terms
	// JSON is { ... }: conditions on the members of a JSON object.
	JSON
	// SpaceDelimited is [ ... ]: conditions on the columns of a line.
	SpaceDelimited
)

// A Pattern is a parsed filter pattern. It is never changed after Parse and may
// be shared.
type Pattern struct {
	// Text is the pattern as it was given to Parse.
	Text     string
	Language Language
	// Terms are the items of a Terms pattern, in the order written.
	Terms []Term
	// Condition is the condition of a JSON pattern.
	Condition Node
	// Columns are the fields of a SpaceDelimited pattern, from the left.
	Columns []Column
}

// A Sign is what stands before a term.
type Sign uint8

const (
	Required Sign = iota // word
	Optional             // ?word
	Excluded             // -word
)

// A Term is one item of a Terms pattern: a text that must, may or must not
// occur somewhere in the message, or a regular expression.
type Term struct {
	Sign   Sign
	Text   string         // the text looked for, unquoted; of a regex, its source between the percent signs
	Regex  *regexp.Regexp // nil for a text
	Quoted bool
	Span
}

// A Span is a place in Pattern.Text, in bytes: [Pos, End).
type Span struct{ Pos, End int }

// A Node is a condition: *Or, *And or *Comparison.
type Node interface {
	// Where is the node's place in the pattern's text, without the parentheses around it.
	Where() Span
}

// An Or is true when one of its nodes is. It has at least two, none of them
// an *Or that was written without parentheses.
type Or struct {
	Nodes []Node
	// Parens counts the pairs of parentheses written around the node.
	Parens int
	Span
}

// An And is true when all of its nodes are. It has at least two, none of them
// an *And that was written without parentheses.
type And struct {
	Nodes  []Node
	Parens int
	Span
}

// A Comparison tests one field: of a JSON pattern what Selector finds, of a
// SpaceDelimited pattern the column that it stands in (Selector is nil there).
type Comparison struct {
	// Selector is the path of the field. SelectorSpan is its place in the text.
	Selector     event.Path
	SelectorSpan Span
	Op           Op
	// Value is the right side; it is zero for the operators that have none.
	Value  Literal
	Parens int
	Span
}

// Where implements Node.
func (n *Or) Where() Span { return n.Span }

// Where implements Node.
func (n *And) Where() Span { return n.Span }

// Where implements Node.
func (n *Comparison) Where() Span { return n.Span }

// An Op is a comparison's operator.
type Op uint8

const (
	Equal          Op = iota // =
	NotEqual                 // !=
	Less                     // <
	LessOrEqual              // <=
	Greater                  // >
	GreaterOrEqual           // >=
	IsNull                   // IS NULL
	IsTrue                   // IS TRUE
	IsFalse                  // IS FALSE
	NotExists                // NOT EXISTS
)

// A LiteralKind is how a value is written in a pattern, which decides how it compares.
type LiteralKind uint8

const (
	NoLiteral LiteralKind = iota
	// Numeric is an unquoted number: it equals numbers by value and strings by text.
	Numeric
	// Word is unquoted text, perhaps with a wildcard at either end.
	Word
	// Quoted is text in double quotes, perhaps with a wildcard at either end inside them.
	Quoted
	// Regexp is %...%.
	Regexp
)

// A Literal is the right side of a comparison.
type Literal struct {
	Kind LiteralKind
	// Text is the value as it compares: of a Quoted what stands between the
	// quotes, unescaped, wildcards included; of a Regexp its source between the percent signs.
	Text string
	// Number is the value of a Numeric, rounded; comparisons take the exact one.
	Number  float64
	decimal decimal
	// Prefix and Suffix say that Text of a Word or Quoted begins or ends with a
	// wildcard; Body is Text without them. A lone * has both and an empty Body.
	Prefix, Suffix bool
	Body           string
	Regex          *regexp.Regexp // of a Regexp
	Span
}

// A Column is one field of a SpaceDelimited pattern.
type Column struct {
	// Name is empty for an unnamed column.
	Name string
	// Ellipsis is ...: any number of tokens, zero included.
	Ellipsis bool
	// Condition is nil where any value will do; its comparisons have a nil Selector.
	Condition Node
	Span
}
