package gen

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// Pattern is a random valid pattern: mostly a JSON one, sometimes terms, a
// space-delimited or an empty one.
func Pattern(r *rand.Rand) string {
	for {
		p := pattern(r)
		if len(p) <= 1024 {
			return p
		}
	}
}

func pattern(r *rand.Rand) string {
	switch n := r.IntN(100); {
	case n < 74:
		return JSONPattern(r)
	case n < 87:
		return TermsPattern(r)
	case n < 98:
		return SpacePattern(r)
	default:
		return pick(r, []string{"", " ", "\t"})
	}
}

// A writer writes one pattern and keeps to the quotas of the language.
type writer struct {
	*rand.Rand
	wildcards, regexps int // how many more are allowed
}

// JSONPattern is a random valid JSON pattern.
func JSONPattern(r *rand.Rand) string {
	w := writer{r, 3, 2}
	return space(r) + "{" + space(r) + w.condition(3) + space(r) + "}" + space(r)
}

// condition is one with at most depth levels of parentheses.
func (w *writer) condition(depth int) string {
	operator := func(o string) string { return pick(w.Rand, []string{" " + o + " ", " " + o + " ", o}) }
	operand := func() string {
		if depth > 0 && often(w.Rand, 25) {
			return "(" + space(w.Rand) + w.condition(depth-1) + space(w.Rand) + ")"
		}
		return w.comparison()
	}
	return repeat(w.Rand, 1, 1+w.IntN(4), operator("||"), func() string {
		return repeat(w.Rand, 1, 1+w.IntN(4)/3, operator("&&"), operand)
	})
}

func (w *writer) comparison() string {
	selector := w.selector()
	switch n := w.IntN(100); {
	case n < 8:
		return selector + " NOT EXISTS"
	case n < 13:
		return selector + " IS NULL"
	case n < 17:
		return selector + " IS TRUE"
	case n < 21:
		return selector + "  IS FALSE"
	default:
		return selector + w.test()
	}
}

// selector goes one to three steps down.
func (w *writer) selector() string {
	var b strings.Builder
	b.WriteByte('$')
	wild := false
	steps := 1
	for often(w.Rand, 22) && steps < 3 {
		steps++
	}
	for i := range steps {
		switch n := w.IntN(100); {
		case n < 6 && !wild && w.wildcards > 0:
			wild = true
			w.wildcards--
			b.WriteString(pick(w.Rand, []string{".*", "[*]"}))
		case n < 14 && i > 0:
			b.WriteString("[" + strconv.Itoa(w.IntN(3)) + "]")
		default:
			b.WriteString(member(w.Rand, name(w.Rand)))
		}
	}
	return b.String()
}

// member is a step to a member.
func member(r *rand.Rand, name string) string {
	for _, plain := range plainNames {
		if name == plain && often(r, 90) {
			return "." + name
		}
	}
	return pick(r, []string{".", ""}) + "['" + name + "']"
}

// test is an operator and a value.
func (w *writer) test() string {
	around := func(o string) string { return space(w.Rand) + o + space(w.Rand) }
	if often(w.Rand, 15) {
		return around(pick(w.Rand, []string{"<", "<=", ">", ">="})) + number(w.Rand)
	}
	operator := "="
	if often(w.Rand, 35) {
		operator = "!="
	}
	return around(operator) + w.value()
}

func (w *writer) value() string {
	switch n := w.IntN(100); {
	case n < 15:
		return number(w.Rand)
	case n < 20:
		return pick(w.Rand, []string{"*", `"*"`, `"**"`})
	case n < 27 && w.regexps > 0:
		w.regexps--
		return regexp(w.Rand)
	case n < 60:
		return stars(w.Rand, word(w.Rand))
	default:
		return `"` + quoted(stars(w.Rand, text(w.Rand))) + `"`
	}
}

func number(r *rand.Rand) string {
	n := pick(r, numbers)
	if n[0] != '-' && often(r, 10) {
		return "+" + n
	}
	return n
}

// stars puts a wildcard at an end now and then, for a part of the text.
func stars(r *rand.Rand, s string) string {
	if len(s) == 0 || len(s) > 8 || s[0] > 'z' || often(r, 50) {
		return s
	}
	switch r.IntN(3) {
	case 0:
		return s[:1] + "*"
	case 1:
		return "*" + s[len(s)-1:]
	default:
		return "*" + s[:1] + "*"
	}
}

func quoted(s string) string {
	return strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(s)
}

func regexp(r *rand.Rand) string {
	return "%" + pick(r, []string{"x", "^x", "y$", "x?y", "[xX]y*z?$", `\d+`, `^\d{,3}$`, "x|y", `\x78y`, `\s`, ".", `^[^x]`, `10\.0\.`, "x{2,}", "e"}) + "%"
}

// TermsPattern is a random valid list of terms.
func TermsPattern(r *rand.Rand) string {
	signs := pick(r, [][]string{{""}, {"?"}, {"", "", "-"}, {"?", "?", "-"}, {"", "?", "-", "- "}})
	return repeat(r, 1, 3, pick(r, []string{" ", "  ", "\n"}), func() string {
		sign := pick(r, signs)
		switch n := r.IntN(100); {
		case n < 55:
			return sign + pick(r, []string{"x", "xy", "X", "a", "10", "true", "null", "ERROR"})
		case n < 90:
			return sign + `"` + quoted(text(r)) + `"`
		default:
			return sign + regexp(r)
		}
	})
}

// SpacePattern is a random valid space-delimited pattern.
func SpacePattern(r *rand.Rand) string {
	w := writer{r, 0, 2}
	if often(r, 4) {
		return pick(r, []string{"[]", "[ ]", "[,]"})
	}
	free := []string{"w1", "w2", "status-code", "level", "_m", "7"}
	ellipsis := often(r, 40)
	return "[" + repeat(r, 1, 4, pick(r, []string{",", ", "}), func() string {
		switch n := r.IntN(100); {
		case ellipsis && n < 40:
			ellipsis = false
			return "..."
		case n < 50 || len(free) == 0:
			return " "
		}
		column := free[0]
		free = free[1:]
		if often(r, 40) {
			return column
		}
		return repeat(r, 1, 2, " || ", func() string {
			return repeat(r, 1, 2, pick(r, []string{"&&", " && "}), func() string { return column + w.test() })
		})
	}) + "]"
}
