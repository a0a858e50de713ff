package notify

import (
	"crypto/sha256"
	"encoding/hex"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"tocsin/core/evidence"
	"tocsin/core/topic"
)

// A letter is a mail before it has its sender and address.
type letter struct {
	subject string
	text    string
	html    string // "" when there is only text
	marks   []mark
}

// A mark is a header by which mail programs can sort.
type mark struct {
	header mail.Header
	value  string
}

// marksOf are the marks of a notice of an alarm.
func marksOf(s evidence.Summary) []mark {
	marks := []mark{
		{"X-Tocsin-Alarm", s.Alarm},
		{"X-Tocsin-State", s.State},
	}
	if s.Severity != "" {
		marks = append(marks, mark{"X-Tocsin-Severity", s.Severity})
	}
	if s.State == ringing && (s.Severity == "critical" || s.Severity == "high") {
		marks = append(marks, mark{mail.HeaderImportance, "high"}, mark{mail.HeaderXPriority, "1"})
	}
	return marks
}

const ringing = "ALARM"

// maxHeader bounds the text of a header, in bytes: the longest subject, a hundred
// characters of up to four bytes, is not cut.
const maxHeader = 400

// maxHeaderLink is the length of a link that fits in a line of a mail.
const maxHeaderLink = 900

// message is the mail of a note. It is the same, to the byte, for every attempt:
// its id and boundary come from the message and the subscription, and its date is
// the message's.
func (l letter) message(n Note, from netmail.Address) *mail.Msg {
	id := messageID(n, from.Address)
	boundary := sha256.Sum256([]byte("boundary of " + id))
	m := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithEncoding(mail.EncodingQP), mail.WithCharset(mail.CharsetUTF8),
		mail.WithBoundary(hex.EncodeToString(boundary[:16])))
	if n.Topic.DisplayName != "" || from.Name == "" {
		from.Name = n.Topic.MailSender()
	}
	from.Name = headerText(from.Name)
	m.FromMailAddress(&from)
	m.ToMailAddress(&netmail.Address{Address: n.Subscription.Endpoint})
	m.Subject(headerText(l.subject))
	m.SetMessageIDWithValue(id)
	m.SetDateWithValue(dateOf(n))
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	if link := footerOf(n).Unsubscribe; n.Document.Type == topic.Notification && len(link) <= maxHeaderLink {
		m.SetGenHeader(mail.HeaderListUnsubscribe, "<"+link+">")
	}
	for _, mark := range l.marks {
		m.SetGenHeader(mark.header, headerText(mark.value))
	}
	m.SetBodyString(mail.TypeTextPlain, strings.ToValidUTF8(l.text, "\uFFFD"))
	if l.html != "" {
		m.AddAlternativeString(mail.TypeTextHTML, l.html)
	}
	return m
}

// headerText is a text for a header. What looks as if it were encoded is not left
// to be decoded by mail programs into something else.
func headerText(s string) string { return strings.ReplaceAll(oneLine(s, maxHeader), "=?", "= ?") }

// plainLink is a link without what would end it in a header or a text.
func plainLink(link string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '<' || r == '>' {
			return '_'
		}
		return r
	}, link)
}

// dateOf is when the message was published.
func dateOf(n Note) time.Time {
	at, err := time.Parse(time.RFC3339, n.Document.Timestamp)
	if err != nil {
		at = n.Message.Published
	}
	return at.UTC()
}

// messageID is the same for all attempts to bring a message to a subscription,
// and differs for all else, so that mail systems drop repeats.
func messageID(n Note, from string) string {
	_, domain, _ := strings.Cut(from, "@")
	subscription := n.Subscription.ARN[strings.LastIndexByte(n.Subscription.ARN, ':')+1:]
	return inMessageID(n.Document.MessageID) + "." + inMessageID(subscription) + "@" + domain
}

func inMessageID(s string) string {
	if plainID.MatchString(s) {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

var plainID = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)
