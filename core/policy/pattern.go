package policy

import (
	"strings"
	"unicode/utf8"
)

// A pattern is a text with wildcards, variables replaced. Those of Resource and
// of the Arn operators mind the colons of an ARN.
type pattern []token

// A token is one step of a pattern.
type token struct {
	kind    tokenKind
	r       rune // of a literal
	bounded bool // a wildcard that never matches a colon
}

type tokenKind byte

const (
	literal tokenKind = iota
	one               // ?
	many              // *
)

// plain reads a pattern without variables.
func plain(text string) pattern {
	p := make(pattern, 0, len(text))
	for _, r := range text {
		p = append(p, wildcard(r))
	}
	return p
}

func wildcard(r rune) token {
	switch r {
	case '*':
		return token{kind: many}
	case '?':
		return token{kind: one}
	}
	return token{r: r}
}

// literals is a text that has no wildcards.
func literals(text string) pattern {
	p := make(pattern, 0, len(text))
	for _, r := range text {
		p = append(p, token{r: r})
	}
	return p
}

// expand reads a pattern and replaces its variables by what the request has
// [IAM User Guide, variables]: ${key}, ${key, 'default'}, and ${*} ${?} ${$} for
// these characters themselves. A variable whose key has no or several values and
// no default is returned as gap, with Maybe when its value is not known and No
// when it has none; Yes stands for a pattern without gap.
func expand(text string, c *facts) (p pattern, gap string, state Truth) {
	state = Yes
	for text != "" {
		name, rest, found := variable(text)
		if !found {
			r, size := utf8.DecodeRuneInString(text)
			p, text = append(p, wildcard(r)), text[size:]
			continue
		}
		text = rest
		if name == "*" || name == "?" || name == "$" {
			p = append(p, literals(name)...)
			continue
		}
		key, fallback, hasDefault := strings.Cut(name, ",")
		key = strings.TrimSpace(key)
		values, known := c.lookup(key)
		switch {
		case !known:
			return nil, key, Maybe
		case len(values) == 1:
			p = append(p, literals(values[0])...)
		case hasDefault && len(values) == 0:
			p = append(p, literals(unquote(fallback))...)
		case state == Yes:
			gap, state = key, No
		}
	}
	if state != Yes {
		return nil, gap, state
	}
	return p, "", Yes
}

// variable takes a variable from the beginning of a text.
func variable(text string) (name, rest string, found bool) {
	inner, ok := strings.CutPrefix(text, "${")
	if !ok {
		return "", text, false
	}
	end := strings.IndexByte(inner, '}')
	if end < 0 {
		return "", text, false
	}
	return inner[:end], inner[end+1:], true
}

func unquote(text string) string {
	text = strings.TrimSpace(text)
	if len(text) >= 2 && text[0] == '\'' && text[len(text)-1] == '\'' {
		return text[1 : len(text)-1]
	}
	return text
}

// completed is an ARN with wildcards in place of the parts that are missing at its
// end, as those of identity-based policies are read [IAM User Guide, ARNs].
func (p pattern) completed() pattern {
	for n := p.segments(); 1 < n && n < 6; n++ {
		p = append(p, token{r: ':'}, token{kind: many})
	}
	return p
}

// segmented makes the wildcards of the first five segments of an ARN stay in
// their segment, except, when spill is set, a * that ends it.
func (p pattern) segmented(spill bool) pattern {
	colons := 0
	for i := range p {
		switch {
		case colons == 5:
			return p
		case p[i].kind == literal && p[i].r == ':':
			colons++
		case p[i].kind != literal:
			ends := i+1 == len(p) || p[i+1].kind == literal && p[i+1].r == ':'
			p[i].bounded = !(spill && ends && p[i].kind == many)
		}
	}
	return p
}

// segments counts the parts of an ARN pattern, six at most.
func (p pattern) segments() int {
	n := 1
	for _, t := range p {
		if t.kind == literal && t.r == ':' && n < 6 {
			n++
		}
	}
	return n
}

// match tells whether the pattern is the whole text. It follows all ways through
// the pattern at once, so that no pattern is slow.
func (p pattern) match(text string) bool {
	for len(p) > 0 && p[0].kind == literal {
		r, size := utf8.DecodeRuneInString(text)
		if size == 0 || r != p[0].r {
			return false
		}
		p, text = p[1:], text[size:]
	}
	at := make([]bool, len(p)+1)
	next := make([]bool, len(p)+1)
	at[0] = true
	p.skip(at)
	for _, r := range text {
		clear(next)
		for i, t := range p {
			if !at[i] || t.bounded && r == ':' {
				continue
			}
			switch {
			case t.kind == many:
				next[i] = true
			case t.kind == one || t.r == r:
				next[i+1] = true
			}
		}
		at, next = next, at
		p.skip(at)
	}
	return at[len(p)]
}

// skip adds the places reached by a * that matches nothing.
func (p pattern) skip(at []bool) {
	for i, t := range p {
		if at[i] && t.kind == many {
			at[i+1] = true
		}
	}
}
