package export

import (
	"fmt"
	"strings"
)

// scriptMend writes what changes the account's own topics and trails.
func scriptMend(b *strings.Builder, p *Plan) {
	for _, t := range p.Renewed {
		fmt.Fprintf(b, "\n# A topic that alarms publish to and that is gone\n%s >/dev/null\n", command("sns create-topic", option{name: "name", value: t.Name()}))
	}
	for _, t := range p.Policies {
		fmt.Fprintf(b, "\n# Who may publish to topic %s\n%s\n", plain(t.Topic), command("sns set-topic-attributes",
			option{name: "topic-arn", value: t.Topic}, option{name: "attribute-name", value: "Policy"}, option{name: "attribute-value", value: t.Policy}))
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		b.WriteString("\n")
		comment(b, "", s.Control+": "+s.Text)
		b.WriteString(s.command() + " >/dev/null\n")
	}
}

// command is the step as one of the AWS CLI.
func (s *Step) command() string { return command(s.operation, s.options...) }
