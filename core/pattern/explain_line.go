package pattern

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// judgeTerms judges a Terms pattern.
func judgeTerms(p *Pattern, message []byte) *Judgement {
	root := &Judgement{Kind: JudgeAny, Text: p.String(), End: len(p.Text)}
	for _, t := range p.Terms {
		if t.Sign != Optional {
			root.Kind = JudgeAll
		}
	}
	root.True = root.Kind == JudgeAll
	for _, t := range p.Terms {
		j := judgeTerm(&t, message)
		root.Nodes = append(root.Nodes, j)
		switch {
		case root.Kind == JudgeAny:
			root.True = root.True || j.True
		case t.Sign == Optional:
			j.Ignored = true
			j.Why, j.Hint = "ignored: a ? counts only where every term has one", ""
		default:
			root.True = root.True && j.True
		}
	}
	return root
}

func judgeTerm(t *Term, message []byte) *Judgement {
	j := &Judgement{Kind: JudgeTerm, Text: t.String(), Pos: t.Pos, End: t.End}
	at := []int{bytes.Index(message, []byte(t.Text)), 0}
	at[1] = at[0] + len(t.Text)
	if t.Regex != nil {
		if at = t.Regex.FindIndex(message); at == nil {
			at = []int{-1, -1}
		}
	}
	occurs := at[0] >= 0
	j.True = occurs != (t.Sign == Excluded)
	if occurs {
		j.Why = fmt.Sprintf("it stands at character %d", utf8.RuneCount(message[:at[0]])+1)
		if t.Regex != nil {
			j.Why = fmt.Sprintf("it finds %s at character %d", strconv.Quote(shorten(string(message[at[0]:at[1]]))), utf8.RuneCount(message[:at[0]])+1)
		}
		return j
	}
	j.Why = "it does not occur"
	if t.Regex == nil && t.Sign != Excluded {
		if i := bytes.Index(bytes.ToLower(message), bytes.ToLower([]byte(t.Text))); i >= 0 && i+len(t.Text) <= len(message) {
			j.Hint, j.likeness = "it occurs as "+strconv.Quote(shorten(string(message[i:i+len(t.Text)])))+": only the case of letters differs", 1
		}
	}
	return j
}

// judgeColumns judges a SpaceDelimited pattern. The reason is given when the line
// has too few tokens.
func judgeColumns(p *Pattern, message []byte) (root *Judgement, reason string) {
	root = &Judgement{Kind: JudgeAll, Text: p.String(), End: len(p.Text), True: true}
	fields, enough := p.fields(message)
	if !enough {
		needed := 0
		for _, c := range p.Columns {
			if !c.Ellipsis {
				needed++
			}
		}
		root.True = false
		reason = fmt.Sprintf("the pattern needs %s, the line has %d", plural(needed, "token"), len(splitLine(message)))
	}
	taken := map[*Column]field{}
	under := 0
	for _, f := range fields {
		if f.column != nil {
			taken[f.column] = f
		} else {
			under++
		}
	}
	for i := range p.Columns {
		c := &p.Columns[i]
		j := judgeColumn(c, taken[c], enough, under)
		root.Nodes = append(root.Nodes, j)
		root.True = root.True && j.True
	}
	return root, reason
}

func judgeColumn(c *Column, f field, enough bool, under int) *Judgement {
	var text strings.Builder
	c.print(&text)
	j := &Judgement{Kind: JudgeColumn, Text: text.String(), Pos: c.Pos, End: c.End, True: true}
	switch {
	case !enough:
		j.True, j.Why = c.Ellipsis, "the line has too few tokens"
		return j
	case c.Ellipsis:
		j.Why = "it takes " + plural(under, "token")
		return j
	}
	j.Found, j.FoundCount = []Found{{Kind: "token", Text: shorten(string(f.text))}}, 1
	j.Why = fmt.Sprintf("token %d is %s", f.position, strconv.Quote(shorten(string(f.text))))
	if c.Condition == nil {
		return j
	}
	condition := judge(c.Condition, c.Name, func(cmp *Comparison) *Judgement { return judgeToken(cmp, f.text) })
	j.True = condition.True
	if condition.Kind == JudgeComparison {
		j.Why = fmt.Sprintf("token %d: %s", f.position, condition.Why)
		j.Hint, j.likeness = condition.Hint, condition.likeness
		return j
	}
	j.Nodes = []*Judgement{condition}
	return j
}

// judgeToken judges one comparison of a column.
func judgeToken(c *Comparison, token []byte) *Judgement {
	j := &Judgement{True: c.holdsToken(token), Found: []Found{{Kind: "token", Text: shorten(string(token))}}, FoundCount: 1}
	j.Why = "it is " + strconv.Quote(shorten(string(token)))
	switch c.Op {
	case Equal, NotEqual:
		j.Why += relation(c.Value, j.True == (c.Op == Equal))
		if c.Op == Equal && !j.True {
			j.Hint, j.likeness = hintText(c.Value, string(token))
		}
	default:
		if _, ok := parseDecimal(token); !ok {
			j.Hint = "it is no number, and " + c.Op.String() + " compares numbers only"
		}
	}
	return j
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
