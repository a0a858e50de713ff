package notify_test

import (
	"mime"
	"strings"
	"testing"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/notify/notifytest"
)

// The longest subject that SNS takes comes in whole, whatever it is written in.
func TestLongestSubject(t *testing.T) {
	s := startSMTP(t, smtpOptions{})
	r := receiver(t, notify.Options{Mail: &notify.Mail{Server: "smtp://" + s.address, From: "tocsin <tocsin@example.com>"}}, topic.Email)
	for _, letter := range []string{"s", "ü", "\u8b66", "\U0001f514"} {
		n := notifytest.Plain(topic.Email, "ops@example.com")
		n.Document.Subject = strings.Repeat(letter, 100)
		if result := r.Send(t.Context(), n); result.Answer != topic.Delivered {
			t.Fatalf("%v: %s", result.Answer, result.Detail)
		}
		sent := s.all()
		m := inspectMail(t, sent[len(sent)-1].text)
		if got, err := new(mime.WordDecoder).DecodeHeader(m.header.Get("Subject")); err != nil || got != n.Document.Subject {
			t.Errorf("%s: %q, %v", letter, got, err)
		}
	}
}
