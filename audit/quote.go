package audit

import (
	"fmt"
	"strings"
	"unicode"
)

// shell quotes a word for a POSIX shell. Control characters, which no name of a
// sound account has, are left out, so that a command can be pasted.
func shell(word string) string {
	word = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, word)
	plain := word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:=,@+", r))
	})
	if plain {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// command joins words to a command of the AWS CLI; an empty value drops its option.
func command(words ...string) string {
	out := []string{"aws"}
	for i, w := range words {
		switch {
		case w == "":
		case strings.HasPrefix(w, "--") && i+1 < len(words) && words[i+1] == "":
		default:
			out = append(out, shell(w))
		}
	}
	return strings.Join(out, " ")
}

// label makes a name of a Terraform resource out of any text.
func label(text string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}, text)
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		out = "_" + out
	}
	return out
}

// block writes a Terraform resource; values are Terraform expressions, in step
// with their names. Equal signs stand in line, as terraform fmt has them.
func block(kind, name string, pairs ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "resource %q %q {\n", kind, label(name))
	width := 0
	for i := 0; i+1 < len(pairs); i += 2 {
		width = max(width, len(pairs[i]))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		if strings.HasPrefix(pairs[i+1], "{") {
			fmt.Fprintf(&b, "\n  %s %s\n", pairs[i], pairs[i+1])
			continue
		}
		fmt.Fprintf(&b, "  %-*s = %s\n", width, pairs[i], pairs[i+1])
	}
	b.WriteString("}\n")
	return b.String()
}
