package pattern

import "slices"

// sameTree tells whether two patterns say the same in the same form, wherever
// their parts stand in the text.
func sameTree(p, q *Pattern) bool {
	return p.Language == q.Language && slices.EqualFunc(p.Terms, q.Terms, sameTerm) &&
		sameNode(p.Condition, q.Condition) && slices.EqualFunc(p.Columns, q.Columns, sameColumn)
}

func sameTerm(a, b Term) bool {
	return a.Sign == b.Sign && a.Text == b.Text && a.Quoted == b.Quoted && (a.Regex == nil) == (b.Regex == nil)
}

func sameColumn(a, b Column) bool {
	return a.Name == b.Name && a.Ellipsis == b.Ellipsis && sameNode(a.Condition, b.Condition)
}

func sameNode(a, b Node) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case *Or:
		b, ok := b.(*Or)
		return ok && a.Parens == b.Parens && slices.EqualFunc(a.Nodes, b.Nodes, sameNode)
	case *And:
		b, ok := b.(*And)
		return ok && a.Parens == b.Parens && slices.EqualFunc(a.Nodes, b.Nodes, sameNode)
	default:
		x := a.(*Comparison)
		y, ok := b.(*Comparison)
		return ok && x.Parens == y.Parens && x.Op == y.Op && x.Selector.Equal(y.Selector) &&
			(x.Selector == nil) == (y.Selector == nil) && sameLiteral(x.Value, y.Value)
	}
}

func sameLiteral(a, b Literal) bool {
	return a.Kind == b.Kind && a.Text == b.Text && a.Number == b.Number && a.decimal.compare(b.decimal) == 0 &&
		a.Prefix == b.Prefix && a.Suffix == b.Suffix && a.Body == b.Body && (a.Regex == nil) == (b.Regex == nil)
}
