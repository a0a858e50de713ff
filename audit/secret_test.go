package audit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"tocsin/audit"
	"tocsin/core/control"
)

// The path of a web address may be a secret, as that of a chat's webhook is.
func TestWebhooksStaySecret(t *testing.T) {
	answers := healthy(t)
	for _, line := range []string{`set subs|0|Protocol "https"`, `set subs|0|Endpoint "https://hooks.example.com/services/T0/s3cr3t"`, `text sub|Endpoint https://hooks.example.com/services/T0/s3cr3t`} {
		if err := apply(answers, line); err != nil {
			t.Fatal(err)
		}
	}
	a := read(t, answers)
	text, err := json.Marshal(audit.Judge(&a, controls(), control.Newest))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "s3cr3t") || !strings.Contains(string(text), "https://hooks.example.com") {
		t.Error("the findings tell the webhook's path, or not its host")
	}
}
