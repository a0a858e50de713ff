package pattern

import "strings"

// opText is how the operators are written.
var opText = [...]string{
	Equal: "=", NotEqual: "!=", Less: "<", LessOrEqual: "<=", Greater: ">", GreaterOrEqual: ">=",
	IsNull: "IS NULL", IsTrue: "IS TRUE", IsFalse: "IS FALSE", NotExists: "NOT EXISTS",
}

// String is the operator as it is written.
func (o Op) String() string { return opText[o] }

// String writes the pattern in its canonical form: one blank where blanks are
// free, selectors as event.Path writes them, everything else as it was. Parsing
// it again gives the same tree, places aside. It may be a little longer than
// the original, and so than MaxLength.
func (p *Pattern) String() string {
	var b strings.Builder
	switch p.Language {
	case Terms:
		for i, term := range p.Terms {
			if i > 0 {
				b.WriteByte(' ')
			}
			term.print(&b)
		}
	case JSON:
		b.WriteString("{ ")
		printNode(&b, p.Condition, "")
		b.WriteString(" }")
	case SpaceDelimited:
		b.WriteByte('[')
		for i, column := range p.Columns {
			if i > 0 {
				b.WriteString(", ")
			}
			column.print(&b)
		}
		b.WriteByte(']')
	}
	return b.String()
}

// String is the term as it is written.
func (t Term) String() string {
	var b strings.Builder
	t.print(&b)
	return b.String()
}

func (t Term) print(b *strings.Builder) {
	b.WriteString([...]string{Required: "", Optional: "?", Excluded: "-"}[t.Sign])
	switch {
	case t.Regex != nil:
		b.WriteString("%" + t.Text + "%")
	case t.Quoted:
		printQuoted(b, t.Text)
	default:
		b.WriteString(t.Text)
	}
}

func (c Column) print(b *strings.Builder) {
	switch {
	case c.Ellipsis:
		b.WriteString("...")
	case c.Condition != nil:
		printNode(b, c.Condition, c.Name)
	default:
		b.WriteString(c.Name)
	}
}

// printNode writes a condition with its parentheses. Where a comparison has no
// selector it is about the column of that name.
func printNode(b *strings.Builder, n Node, name string) {
	switch n := n.(type) {
	case *Or:
		printJoined(b, n.Nodes, " || ", n.Parens, name)
	case *And:
		printJoined(b, n.Nodes, " && ", n.Parens, name)
	case *Comparison:
		b.WriteString(strings.Repeat("(", n.Parens))
		n.print(b, name)
		b.WriteString(strings.Repeat(")", n.Parens))
	}
}

func printJoined(b *strings.Builder, nodes []Node, operator string, parens int, name string) {
	b.WriteString(strings.Repeat("(", parens))
	for i, n := range nodes {
		if i > 0 {
			b.WriteString(operator)
		}
		printNode(b, n, name)
	}
	b.WriteString(strings.Repeat(")", parens))
}

// String is the comparison as it is written, without parentheses; of a column's,
// the operator and the value.
func (c *Comparison) String() string {
	var b strings.Builder
	c.print(&b, "")
	return b.String()
}

func (c *Comparison) print(b *strings.Builder, name string) {
	if c.Selector != nil {
		name = c.Selector.String()
	}
	b.WriteString(name)
	if name != "" {
		b.WriteByte(' ')
	}
	b.WriteString(c.Op.String())
	if c.Value.Kind != NoLiteral {
		b.WriteByte(' ')
		c.Value.print(b)
	}
}

// String is the value as it is written.
func (l Literal) String() string {
	var b strings.Builder
	l.print(&b)
	return b.String()
}

func (l Literal) print(b *strings.Builder) {
	switch l.Kind {
	case Quoted:
		printQuoted(b, l.Text)
	case Regexp:
		b.WriteString("%" + l.Text + "%")
	default:
		b.WriteString(l.Text)
	}
}

// printQuoted writes text in quotes, with a backslash where reading needs one.
func printQuoted(b *strings.Builder, text string) {
	b.WriteByte('"')
	for i := range len(text) {
		c := text[i]
		if c == '"' || c == '\\' && (i+1 == len(text) || escapable(text[i+1])) {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	b.WriteByte('"')
}
