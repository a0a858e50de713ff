package notify_test

import (
	"encoding/json"
	"flag"
	"io"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/notify/notifytest"
)

var update = flag.Bool("update", false, "write testdata anew")

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

var kinds = []string{"alarm", "over", "message", "confirm", "restore"}

// What a receiver sends for each kind of note, to the byte.
func TestGolden(t *testing.T) {
	t.Run("http", func(t *testing.T) {
		p := httpPeer(t, topic.HTTP)
		goldens(t, p, func(n notify.Note) notify.Note { return n }, "http-", ".txt")
	})
	t.Run("http raw", func(t *testing.T) {
		p := httpPeer(t, topic.HTTP)
		goldens(t, p, func(n notify.Note) notify.Note {
			n.Subscription.Settings.Raw, n.ContentType = true, "application/json"
			return n
		}, "http-raw-", ".txt")
	})
	t.Run("slack", func(t *testing.T) {
		w := &webPeer{answer: answerAsSlack}
		w.keep = keepBody
		w.start(t, true)
		p := w.peer()
		p.Protocol, p.Endpoint = notify.Slack, w.server.URL+slackPath
		p.Receiver = receiver(t, notify.Options{Roots: w.roots()}, notify.Slack)
		goldens(t, p, func(n notify.Note) notify.Note { return n }, "slack-", ".json")
	})
	t.Run("email", func(t *testing.T) {
		s := startSMTP(t, smtpOptions{starttls: true, auth: true})
		p := mailPeer(t, s, topic.Email, notify.Mail{Server: "smtp://" + s.address})
		goldens(t, p, func(n notify.Note) notify.Note { return n }, "email-", ".eml")
		for i, raw := range p.Accepted() {
			m := inspectMail(t, raw)
			golden(t, "email-"+kinds[i]+".txt", strings.ReplaceAll(m.text, "\r\n", "\n"))
		}
	})
	t.Run("email-json", func(t *testing.T) {
		s := startSMTP(t, smtpOptions{tls: true, auth: true})
		p := mailPeer(t, s, topic.EmailJSON, notify.Mail{Server: "smtps://" + s.address})
		goldens(t, p, func(n notify.Note) notify.Note { return n }, "email-json-", ".eml")
		for _, raw := range p.Accepted() {
			if _, err := topic.ParseDocument([]byte(parseMail(t, raw).text)); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("sqs", func(t *testing.T) {
		p := awsPeer(t, topic.SQS, answerAsSQS)
		p.Endpoint = queueARN
		goldens(t, p, func(n notify.Note) notify.Note { return n }, "sqs-", ".json")
	})
	t.Run("sqs raw", func(t *testing.T) {
		p := awsPeer(t, topic.SQS, answerAsSQS)
		p.Endpoint = queueARN
		goldens(t, p, func(n notify.Note) notify.Note { n.Subscription.Settings.Raw = true; return n }, "sqs-raw-", ".json")
	})
	t.Run("lambda", func(t *testing.T) {
		p := awsPeer(t, topic.Lambda, answerAsLambda)
		p.Endpoint = functionARN
		goldens(t, p, func(n notify.Note) notify.Note { return n }, "lambda-", ".json")
	})
}

func goldens(t *testing.T, p notifytest.Peer, with func(notify.Note) notify.Note, prefix, suffix string) {
	t.Helper()
	for i, n := range notifytest.Notes(p.Protocol, p.Endpoint) {
		if result := p.Receiver.Send(t.Context(), with(n)); result.Answer != topic.Delivered {
			t.Fatalf("%s: %v: %s", kinds[i], result.Answer, result.Detail)
		}
		got := p.Accepted()[i]
		if suffix == ".json" {
			got = indented(t, got)
		}
		golden(t, prefix+kinds[i]+suffix, got)
	}
}

// indented is JSON for people who read testdata, with the port of the peer left out.
func indented(t *testing.T, s string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatalf("%v: %s", err, s)
	}
	if m, ok := v.(map[string]any); ok && m["QueueUrl"] != nil {
		url := m["QueueUrl"].(string)
		m["QueueUrl"] = url[strings.Index(url, "/111122223333"):]
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func decoded(t *testing.T, encoding string, r io.Reader) string {
	t.Helper()
	if encoding != "quoted-printable" {
		t.Errorf("Content-Transfer-Encoding %q", encoding)
	}
	b, err := io.ReadAll(quotedprintable.NewReader(r))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
