package state

import (
	"bytes"
	"strings"
	"testing"
)

const evidenceBody = `{"time":"2026-03-03T08:00:00Z","eventId":"ac629db1-221d-4c45-93fc-d48958282713","source":"secretsmanager.amazonaws.com","name":"ListSecrets",` +
	`"principal":"arn:aws:sts::111122223333:assumed-role/integration/collector","accessKey":"ASIAIOSFODNN7EXAMPLE","address":"198.51.100.140","userAgent":"aws-sdk-go-v2/1.32.4",` +
	`"account":"111122223333","region":"eu-central-1","errorCode":"AccessDenied","errorMessage":"User: arn:aws:sts::111122223333:assumed-role/integration/collector is not authorized to perform: secretsmanager:ListSecrets"}`

func TestEvidenceIsPacked(t *testing.T) {
	for _, body := range []string{evidenceBody, "", "{}", "\x01", strings.Repeat("\xff\x00", 4000)} {
		got, err := unpackEvidence(packEvidence([]byte(body)))
		if err != nil || !bytes.Equal(got, []byte(body)) {
			t.Errorf("%.40q came back as %.40q, %v", body, got, err)
		}
	}
	if n := len(packEvidence([]byte(evidenceBody))); n > len(evidenceBody)*6/10 {
		t.Errorf("%d bytes are packed into %d", len(evidenceBody), n)
	}
}

// What was packed by an earlier version is read by this one: the words stay.
func TestEvidenceOfEarlierVersions(t *testing.T) {
	const body = `{"source":"ec2.amazonaws.com","name":"ListSecrets","userAgent":"aws-sdk-go-v2","errorMessage":"You are not authorized to perform this operation."}`
	const packed = "\x01\x92\x01\x00{Y\x1b\bec2n\x1e\x02\x18Secretsn\xd6\x01\x01\xf9\x15\x007\x04\"}"
	for _, stored := range []string{body, packed} {
		got, err := unpackEvidence([]byte(stored))
		if err != nil || string(got) != body {
			t.Errorf("%q is %q, %v", stored, got, err)
		}
	}
	if got, err := unpackEvidence([]byte("\x01\xff\xff")); err == nil {
		t.Errorf("damaged evidence was read as %q", got)
	}
}
