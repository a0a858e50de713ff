package notify

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"tocsin/core/topic"
)

// A slackMessage is the body of an incoming webhook.
type slackMessage struct {
	Text        string            `json:"text"`
	Attachments []slackAttachment `json:"attachments,omitempty"`
	UnfurlLinks bool              `json:"unfurl_links"`
	UnfurlMedia bool              `json:"unfurl_media"`
}

type slackAttachment struct {
	Color    string       `json:"color,omitempty"`
	Fallback string       `json:"fallback"`
	Blocks   []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type     string      `json:"type"` // section or context
	Text     *slackText  `json:"text,omitempty"`
	Elements []slackText `json:"elements,omitempty"`
}

// A slackText is verbatim: Slack makes no links and mentions of what looks like
// one.
type slackText struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Verbatim bool   `json:"verbatim"`
}

// Slack's limits, in characters; the sum for all blocks is not documented and was
// seen by others to be some 13,000.
const (
	maxSection    = 3000
	maxSlackTotal = 12000
	maxBlocks     = 50
	slackEvents   = 5
)

// slackMessageOf is the message of a note: what happened, or else the note's
// message as it is.
func slackMessageOf(n Note) slackMessage {
	if n.Summary == nil {
		return slackMessageOfText(n)
	}
	t := tell(*n.Summary)
	head := "*" + mrkdwn(t.State) + "*"
	if t.Severity != "" {
		head += " (" + mrkdwn(t.Severity) + ")"
	}
	head += ": *" + mrkdwn(t.Title) + "*"
	lead := mrkdwn(strings.Join(append([]string{t.Lead}, t.Remarks...), " "))
	b := &blocks{left: maxSlackTotal}
	b.section(lead)
	var facts []string
	for _, f := range t.Facts {
		facts = append(facts, f.mrkdwn())
	}
	b.section(facts...)
	if len(t.Events) > 0 {
		shown := t.Events[:min(len(t.Events), slackEvents)]
		title := "*Events*"
		if more := t.More + int64(len(t.Events)-len(shown)); more > 0 {
			title = fmt.Sprintf("*Newest events* (%d of %s)", len(shown), grouped(int64(len(shown))+more))
		}
		lines := []string{title}
		for _, h := range shown {
			lines = append(lines, h.mrkdwn())
		}
		b.section(lines...)
	}
	if t.Command != "" {
		b.section("All of them:", fence+inCode(fitting(t.Command, maxSection-100, inCode))+fence)
	}
	var foot []string
	if t.Reason != "" {
		foot = append(foot, mrkdwn(cut(t.Reason, maxErrorText)))
	}
	foot = append(foot, strings.Join(present(mrkdwn(t.Changed), code(t.AlarmARN)), "  "))
	b.context(foot...)
	return slackMessage{Text: head, Attachments: []slackAttachment{{Color: string(accent(t)), Fallback: lead, Blocks: b.list}}}
}

// slackMessageOfText is the message of a note that tells of no alarm.
func slackMessageOfText(n Note) slackMessage {
	head := n.Document.Subject
	if n.Document.Type != topic.Notification || head == "" {
		head = n.Document.MailSubject()
	}
	b := &blocks{left: maxSlackTotal}
	for text := cut(visible(n.Document.Message), maxSlackTotal); text != ""; {
		part := fitting(text, maxSection-2*len(fence), inCode)
		if len(part) < len(text) {
			if i := strings.LastIndexByte(part, '\n'); i > 0 {
				part = part[:i+1]
			}
		}
		text = text[len(part):]
		b.section(fence + inCode(part) + fence)
	}
	return slackMessage{
		Text:        "*" + mrkdwn(inert(oneLine(head, maxTitle))) + "*",
		Attachments: []slackAttachment{{Fallback: mrkdwn(inert(oneLine(n.Document.Message, maxTitle))), Blocks: b.list}},
	}
}

// plain is the message without blocks, which is all text.
func (m slackMessage) plain() slackMessage {
	var b strings.Builder
	b.WriteString(m.Text)
	for _, a := range m.Attachments {
		for _, block := range a.Blocks {
			if block.Text != nil {
				b.WriteString("\n" + block.Text.Text)
			}
			for _, e := range block.Elements {
				b.WriteString("\n" + e.Text)
			}
		}
	}
	return slackMessage{Text: b.String()}
}

// blocks are blocks within Slack's limits: what does not fit is left out.
type blocks struct {
	list []slackBlock
	left int
}

// section adds lines, as sections of as many lines as fit.
func (b *blocks) section(lines ...string) {
	text := ""
	for _, line := range lines {
		if text != "" && utf8.RuneCountInString(text+line) >= maxSection {
			b.add(text)
			text = ""
		}
		text = strings.TrimPrefix(text+"\n"+line, "\n")
	}
	b.add(text)
}

func (b *blocks) add(text string) {
	if t, ok := b.text(text); ok {
		b.list = append(b.list, slackBlock{Type: "section", Text: &t})
	}
}

// context adds lines in small print.
func (b *blocks) context(lines ...string) {
	if t, ok := b.text(strings.Join(lines, "\n")); ok {
		b.list = append(b.list, slackBlock{Type: "context", Elements: []slackText{t}})
	}
}

func (b *blocks) text(text string) (slackText, bool) {
	n := utf8.RuneCountInString(text)
	if text == "" || n > maxSection || n > b.left || len(b.list) == maxBlocks {
		return slackText{}, false
	}
	b.left -= n
	return slackText{Type: "mrkdwn", Text: text, Verbatim: true}, true
}

func (f fact) mrkdwn() string {
	var values []string
	for _, v := range f.Values {
		value := code(v.Text)
		if v.Count > 1 {
			value += " \u00d7 " + grouped(v.Count)
		}
		values = append(values, value)
	}
	if f.More > 0 {
		values = append(values, fmt.Sprintf("and %d more", f.More))
	}
	return "*" + f.Label + "*  " + strings.Join(values, ", ")
}

func (h happening) mrkdwn() string {
	line := code(strings.TrimSpace(h.Date+" "+h.Time)) + " " + code(h.What)
	if h.Who != "" {
		line += " by " + code(h.Who)
	}
	if h.From != "" {
		line += " from " + code(h.From)
	}
	if h.Error != "" {
		line += " failed with " + code(h.Error)
	}
	return line
}

const (
	fence   = "```"
	maxCode = 400 // of a code span, in bytes
)

// code is a text of the log in a code span, in which no formatting counts.
func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + inCode(fitting(s, maxCode, inCode)) + "`"
}

// inCode is a text within a span or block of code, which it cannot end.
func inCode(s string) string { return escape(strings.ReplaceAll(s, "`", "'")) }

// mrkdwn is a text outside of code, with nothing in it that formats.
func mrkdwn(s string) string {
	return strings.NewReplacer("*", "\u2217", "~", "\u223c", "`", "'").Replace(escape(s))
}

// escape escapes Slack's three characters of control and breaks up mentions that
// chat servers look for without them.
func escape(s string) string {
	s = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
	return mention.ReplaceAllString(s, "@\u200b$1")
}

var mention = regexp.MustCompile(`(?i)@(here|channel|everyone|group|all)`)

// visible is a text of several lines with what cannot be seen as U+FFFD.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && isInvisible(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), string(utf8.RuneError)))
}

// fitting is the longest beginning of s, roughly, that has at most max bytes in
// the form that shown gives it.
func fitting(s string, max int, shown func(string) string) string {
	for len(shown(s)) > max {
		end := len(s) - 1 - len(s)/8
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	return s
}
