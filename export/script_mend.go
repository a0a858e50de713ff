package export

import (
	"fmt"
	"strings"
)

// scriptMend writes what changes the account's own topics and trails.
func scriptMend(b *strings.Builder, p *Plan) {
	for _, t := range p.Renewed {
		fmt.Fprintf(b, "\n# A topic that alarms publish to and that is gone\n%s >/dev/null\n", aws("sns create-topic", option{name: "name", value: t.Name()}))
	}
	for _, t := range p.Policies {
		fmt.Fprintf(b, "\n# Who may publish to topic %s\n%s\n", plain(t.Topic), aws("sns set-topic-attributes",
			option{name: "topic-arn", value: t.Topic}, option{name: "attribute-name", value: "Policy"}, option{name: "attribute-value", value: t.Policy}))
	}
	for _, s := range p.Steps {
		b.WriteString("\n")
		comment(b, "", s.Control+": "+s.Text)
		fmt.Fprintf(b, "aws %s >/dev/null\n", stepWords(s))
	}
}

// stepWords are the words of a step, an option and its first value in one.
func stepWords(s Step) string {
	var words []string
	for i, w := range s.Words {
		option := strings.HasPrefix(w, "--")
		if i > 0 && !option && strings.HasPrefix(s.Words[i-1], "--") {
			words[len(words)-1] += "=" + sh(w)
			continue
		}
		words = append(words, sh(w))
	}
	return strings.Join(words, " ")
}
