package export

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tocsin/core/quote"
)

// hclList writes texts as a list.
func hclList(texts []string) string {
	var all []string
	for _, t := range texts {
		all = append(all, quote.HCL(t))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// label makes a name of a resource out of a key.
func label(key string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}, key)
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		return "_" + out
	}
	return out
}

// A pair is an argument of a block: its name, and its value as an expression.
type pair struct{ name, value string }

// writePairs writes arguments with their equal signs in one column, as terraform
// fmt has them: as far as there is one line for each. Those without a value are left out.
func writePairs(b *strings.Builder, indent string, pairs []pair) {
	width := 0
	var run []pair
	flush := func() {
		for _, p := range run {
			fmt.Fprintf(b, "%s%-*s = %s\n", indent, width, p.name, p.value)
		}
		run, width = nil, 0
	}
	for _, p := range pairs {
		switch {
		case p.value == "":
			continue
		case strings.Contains(p.value, "\n"):
			flush()
			fmt.Fprintf(b, "%s%s = %s\n", indent, p.name, p.value)
			continue
		}
		run = append(run, p)
		width = max(width, len(p.name))
	}
	flush()
}

// comment writes texts as comments of # from an indent on, wrapped to lines that
// can be read.
func comment(b *strings.Builder, indent string, texts ...string) {
	for _, text := range texts {
		line := ""
		for _, word := range strings.Fields(plain(text)) {
			if line != "" && utf8.RuneCountInString(indent+line+word) > 96 {
				fmt.Fprintf(b, "%s#%s\n", indent, line)
				line = ""
			}
			line += " " + word
		}
		fmt.Fprintf(b, "%s#%s\n", indent, line)
	}
}

// plain is a text without characters that end a comment or hide in one.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, quote.Sound(text))
}

// hclJSON writes a JSON document as an expression over several lines, for jsonencode.
func hclJSON(text string) string {
	v, err := readJSON(text)
	if err != nil {
		return quote.HCL(text)
	}
	var b strings.Builder
	writeValue(&b, "  ", v)
	return b.String()
}

func writeValue(b *strings.Builder, indent string, v any) {
	inner := indent + "  "
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			b.WriteString("{}")
			return
		}
		b.WriteString("{\n")
		var members []pair
		for _, name := range memberOrder(v) {
			var text strings.Builder
			writeValue(&text, inner, v[name])
			members = append(members, pair{hclKey(name), text.String()})
		}
		writePairs(b, inner, members)
		b.WriteString(indent + "}")
	case []any:
		if len(v) == 0 {
			b.WriteString("[]")
			return
		}
		b.WriteString("[\n")
		for _, item := range v {
			b.WriteString(inner)
			writeValue(b, inner, item)
			b.WriteString(",\n")
		}
		b.WriteString(indent + "]")
	case string:
		b.WriteString(quote.HCL(v))
	case nil:
		b.WriteString("null")
	default:
		fmt.Fprint(b, v)
	}
}
