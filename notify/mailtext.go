package notify

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tocsin/core/topic"
)

// An alarmMail is the mail of a notice.
type alarmMail struct {
	Story  story
	Footer footer
}

func (a alarmMail) text() string { return strings.TrimRight(a.Story.text(), "\n") + a.Footer.text() }

// text is the story for those who read plain text. What a reader needs first
// comes first: what happened, who did it, the events, then the machinery.
func (t story) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	head := t.State
	if t.Severity != "" {
		head += " (" + t.Severity + ")"
	}
	line("%s: %s", head, t.Title)
	line("%s", strings.Repeat("=", min(utf8.RuneCountInString(head+": "+t.Title), 72)))
	line("\n%s", strings.Join(append([]string{t.Lead}, t.Remarks...), "\n"))
	if len(t.Facts) > 0 {
		line("")
		for _, f := range t.Facts {
			f.text(line)
		}
	}
	t.events(line)
	if t.Command != "" {
		line("\nAll of them:\n\n    %s", strings.ReplaceAll(t.Command, "\n", "\n    "))
	}
	if t.Reason != "" {
		line("\nWhy: %s", t.Reason)
	}
	if t.Changed != "" {
		line("State: %s", t.Changed)
	}
	line("Alarm: %s", strings.Join(present(t.Alarm, t.AlarmARN), "\n       "))
	return b.String()
}

// text is the fact, a value to a line.
func (f fact) text(line func(string, ...any)) {
	label := f.Label
	for _, v := range f.Values {
		if v.Count > 1 {
			line("%-11s %s (%s)", label, v.Text, grouped(v.Count))
		} else {
			line("%-11s %s", label, v.Text)
		}
		label = ""
	}
	if f.More > 0 {
		line("%-11s and %d more", label, f.More)
	}
}

// events is the table of events, with what an error said below its event.
// Columns that no event has are left out.
func (t story) events(line func(string, ...any)) {
	if len(t.Events) == 0 {
		return
	}
	title := "Events"
	if t.More > 0 {
		title = fmt.Sprintf("Newest events, %d of %s", len(t.Events), grouped(int64(len(t.Events))+t.More))
	}
	line("\n%s:\n", title)
	rows := make([]string, len(t.Events)+1)
	for _, column := range []struct {
		name string
		of   func(happening) string
	}{
		{"TIME (UTC)", func(h happening) string { return strings.TrimSpace(h.Date + " " + h.Time) }},
		{"WHAT", func(h happening) string { return h.What }},
		{"WHO", func(h happening) string { return h.Who[strings.LastIndexByte(h.Who, '/')+1:] }},
		{"FROM", func(h happening) string { return h.From }},
		{"ACCOUNT", func(h happening) string { return h.Account }},
		{"REGION", func(h happening) string { return h.Region }},
		{"ERROR", func(h happening) string { return h.Error }},
	} {
		cells, width, empty := []string{column.name}, len(column.name), true
		for _, h := range t.Events {
			cell := cut(column.of(h), maxCell)
			cells, width, empty = append(cells, cell), max(width, utf8.RuneCountInString(cell)), empty && cell == ""
		}
		for i, cell := range cells {
			if !empty {
				rows[i] += "  " + cell + strings.Repeat(" ", width-utf8.RuneCountInString(cell))
			}
		}
	}
	for i, row := range rows {
		line("%s", strings.TrimRight(row, " "))
		if i > 0 && t.Events[i-1].ErrorDetail != "" {
			line("      %s", t.Events[i-1].ErrorDetail)
		}
	}
}

// maxCell bounds a cell of the table, in bytes.
const maxCell = 40

// A footer says why a mail comes and how to end that.
type footer struct {
	Topic, Endpoint string
	Unsubscribe     string // link
}

func footerOf(n Note) footer {
	return footer{
		Topic:       oneLine(n.Document.TopicARN, maxValue),
		Endpoint:    oneLine(n.Subscription.Endpoint, maxValue),
		Unsubscribe: plainLink(n.Site.UnsubscribePage(n.Subscription.ARN, n.Subscription.Endpoint)),
	}
}

// text has the parts of SNS's footer in its order: the rule, the way out, the link.
func (f footer) text() string {
	return "\n\n--\n" +
		"To get no more mails of this topic, open this page and end the subscription:\n" +
		f.Unsubscribe + "\n\n" +
		"Sent to " + f.Endpoint + ", which is subscribed to " + f.Topic + ". Nobody reads answers to this mail.\n"
}

// A confirmation asks whether an address wants a topic's mails, or offers to
// restore a subscription that was ended.
type confirmation struct {
	Restore      bool
	Topic        string
	Subscription string
	Endpoint     string
	Link         string
}

func confirmationOf(n Note) confirmation {
	token := n.Token
	if token == "" {
		token = n.Document.Token
	}
	return confirmation{
		Restore:      n.Document.Type == topic.UnsubscribeConfirmation,
		Topic:        oneLine(n.Document.TopicARN, maxValue),
		Subscription: oneLine(n.Subscription.ARN, maxValue),
		Endpoint:     oneLine(n.Subscription.Endpoint, maxValue),
		Link:         plainLink(n.Site.ConfirmPage(n.Document.TopicARN, token, n.Subscription.Endpoint)),
	}
}

func (c confirmation) text() string {
	if c.Restore {
		return "The subscription of " + c.Endpoint + " to this topic has ended:\n\n" +
			c.Topic + "\n" + c.Subscription + "\n\n" +
			"If that was a mistake, restore it here:\n\nResubscribe: " + c.Link + "\n\n" +
			"--\nNobody reads answers to this mail.\n"
	}
	return "Somebody, probably you, has subscribed " + c.Endpoint + " to the topic\n\n" +
		c.Topic + "\n\n" +
		"Its messages come to this address once you confirm that you want them:\n\nConfirm subscription: " + c.Link + "\n\n" +
		"If you do not know of this, do nothing: without your confirmation no more comes of it.\n\n" +
		"--\nNobody reads answers to this mail.\n"
}
