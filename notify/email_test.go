package notify_test

import (
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/notify/notifytest"
)

func TestEmailConforms(t *testing.T) {
	notifytest.Run(t, func(t *testing.T) notifytest.Peer {
		s := startSMTP(t, smtpOptions{starttls: true, auth: true})
		return mailPeer(t, s, topic.Email, notify.Mail{Server: "smtp://" + s.address})
	})
}

func TestEmailJSONConforms(t *testing.T) {
	notifytest.Run(t, func(t *testing.T) notifytest.Peer {
		s := startSMTP(t, smtpOptions{tls: true, auth: true})
		return mailPeer(t, s, topic.EmailJSON, notify.Mail{Server: "smtps://" + s.address})
	})
}

func mailPeer(t *testing.T, s *smtpPeer, protocol topic.Protocol, m notify.Mail) notifytest.Peer {
	m.Server = strings.Replace(m.Server, "://", "://tocsin%40example.com@", 1)
	m.Password = mailPassword
	m.From = "tocsin <tocsin@example.com>"
	p := s.peer()
	p.Protocol = protocol
	p.Receiver = receiver(t, notify.Options{Mail: &m, Roots: s.roots}, protocol)
	p.Inspect = func(t *testing.T, accepted string) { inspectMail(t, accepted) }
	t.Cleanup(func() {
		if n := int64(len(s.all())); s.encrypted.Load() != n || s.logins.Load() < n {
			t.Errorf("%d mails, %d encrypted, %d logins", n, s.encrypted.Load(), s.logins.Load())
		}
	})
	return p
}

// A readMail is a mail as a mail program sees it.
type readMail struct {
	header     mail.Header
	text, html string
}

func parseMail(t *testing.T, raw string) readMail {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v:\n%.1000s", err, raw)
	}
	read := readMail{header: m.Header}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind == "text/plain" {
		read.text = decoded(t, m.Header.Get("Content-Transfer-Encoding"), m.Body)
		return read
	}
	if kind != "multipart/alternative" {
		t.Fatalf("Content-Type %s", kind)
	}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return read
		}
		if err != nil {
			t.Fatal(err)
		}
		text := decoded(t, part.Header.Get("Content-Transfer-Encoding"), part)
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "text/plain":
			read.text = text
		case "text/html":
			read.html = text
		default:
			t.Errorf("a part of type %s", kind)
		}
	}
}

var (
	tag      = regexp.MustCompile(`<(/?[a-zA-Z!][^>\s]*)([^>]*)>`)
	htmlTags = []string{
		"!doctype", "html", "head", "meta", "style", "title", "body", "div", "table", "tr", "td", "span", "h1", "h2", "p", "br", "wbr", "strong", "a",
	}
	// The header fields that a mail of ours may have.
	mailHeaders = []string{
		"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Importance", "List-Unsubscribe", "Message-Id",
		"Mime-Version", "Subject", "To", "X-Auto-Response-Suppress", "X-Priority", "X-Tocsin-Alarm", "X-Tocsin-Severity", "X-Tocsin-State",
	}
)

// inspectMail checks what is true of every mail, whatever it is made of.
func inspectMail(t *testing.T, raw string) readMail {
	t.Helper()
	for line := range strings.SplitSeq(raw, "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") || strings.ContainsFunc(line, func(r rune) bool { return r > '~' || r < ' ' && r != '\t' }) {
			t.Fatalf("not a line of a mail: %.300q", line)
		}
	}
	m := parseMail(t, raw)
	for name, values := range m.header {
		if !slices.Contains(mailHeaders, name) || len(values) != 1 {
			t.Errorf("header %s: %q", name, values)
		}
	}
	if to, err := m.header.AddressList("To"); err != nil || len(to) != 1 {
		t.Errorf("To: %v, %v", to, err)
	}
	if from, err := m.header.AddressList("From"); err != nil || len(from) != 1 || from[0].Address != "tocsin@example.com" {
		t.Errorf("From: %v, %v", from, err)
	}
	for _, name := range []string{"Subject", "X-Tocsin-Alarm"} {
		text, err := new(mime.WordDecoder).DecodeHeader(m.header.Get(name))
		if err != nil || !notifytest.Printable(text) || strings.ContainsAny(text, "\r\n") || len(text) > 400 {
			t.Errorf("%s: %.300q, %v", name, text, err)
		}
	}
	if m.html != "" {
		inspectPage(t, m.html)
	} else if m.header.Get("X-Tocsin-State") != "" {
		t.Error("the mail of an alarm has no page")
	}
	return m
}

// inspectPage checks that a page is made of our elements alone, loads nothing and
// has one link.
func inspectPage(t *testing.T, page string) {
	t.Helper()
	links := 0
	for _, found := range tag.FindAllStringSubmatch(page, -1) {
		links += strings.Count(found[2], "href=")
		name := strings.ToLower(strings.TrimPrefix(found[1], "/"))
		if !slices.Contains(htmlTags, name) {
			t.Errorf("element %.200q", found[0])
		}
		for _, loads := range []string{"src=", "url(", " on"} {
			if strings.Contains(strings.ToLower(found[2]), loads) {
				t.Errorf("element %.200q", found[0])
			}
		}
	}
	if links != 1 || !strings.Contains(page, `href="https://tocsin.example.com/`) {
		t.Errorf("%d links", links)
	}
	for _, clickable := range []string{"evil.example", "http://", "HTTP://"} {
		if strings.Contains(page, clickable) {
			t.Errorf("the page has %q in it, of which mail programs make a link", clickable)
		}
	}
	if !notifytest.Printable(page) || !strings.HasSuffix(page, "</html>\r\n") {
		t.Errorf("the page is cut or has control characters: %.300q", page[max(0, len(page)-300):])
	}
}
