package access_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	identityCall = "Action=GetCallerIdentity&Version=2011-06-15"
	listUsers    = "Action=ListUsers&Version=2010-05-08"
)

// TestFaults is who must not get in, and what he is told.
func TestFaults(t *testing.T) {
	e := newEndpoint(t)
	reader := e.user("reader", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}}`)
	barred := e.user("barred", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:ListUsers","Resource":"*"}]}`)
	resting := e.user("resting", "")
	if _, err := e.asIAM(rootKey).UpdateAccessKey(t.Context(), &awsiam.UpdateAccessKeyInput{UserName: aws.String("resting"), AccessKeyId: &resting.id, Status: "Inactive"}); err != nil {
		t.Fatal(err)
	}
	gone := e.user("gone", "")
	if _, err := e.asIAM(rootKey).DeleteAccessKey(t.Context(), &awsiam.DeleteAccessKeyInput{UserName: aws.String("gone"), AccessKeyId: &gone.id}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.asIAM(rootKey).DeleteUser(t.Context(), &awsiam.DeleteUserInput{UserName: aws.String("gone")}); err != nil {
		t.Fatal(err)
	}
	session := func(seconds int32) key {
		t.Helper()
		made, err := e.asSTS(reader).GetSessionToken(t.Context(), &awssts.GetSessionTokenInput{DurationSeconds: &seconds})
		if err != nil {
			t.Fatal(err)
		}
		return key{*made.Credentials.AccessKeyId, *made.Credentials.SecretAccessKey, *made.Credentials.SessionToken}
	}
	one, other := session(3600), session(900)

	for _, c := range []struct {
		name          string
		call          call
		status        int
		code, message string // the message has this in it
	}{
		{"right", call{service: "sts", form: identityCall, key: reader}, 200, "", ""},
		{"right in the query", call{service: "sts", form: identityCall, key: reader, query: true, expires: "60"}, 200, "", ""},
		{"right session", call{service: "sts", form: identityCall, key: one}, 200, "", ""},
		{"right session in the query", call{service: "sts", form: identityCall, key: one, query: true, expires: "60"}, 200, "", ""},

		{
			"wrong key",
			call{service: "sts", form: identityCall, key: key{"AKIANOSUCHNOSUCHNOSU", "secret", ""}},
			403, "InvalidClientTokenId", "The security token included in the request is invalid.",
		},
		{
			"wrong secret",
			call{service: "sts", form: identityCall, key: key{reader.id, "guessed", ""}},
			403, "SignatureDoesNotMatch", "The request signature we calculated does not match",
		},
		{
			"no signature",
			call{service: "sts", form: identityCall, key: reader, change: func(r *http.Request) { r.Header.Del("Authorization") }},
			403, "MissingAuthenticationToken", "Missing Authentication Token",
		},
		{
			"replayed",
			call{service: "sts", form: identityCall, key: reader, ago: 6 * time.Minute},
			403, "SignatureDoesNotMatch", "Signature expired: ",
		},
		{
			"from the future",
			call{service: "sts", form: identityCall, key: reader, ago: -6 * time.Minute},
			403, "SignatureDoesNotMatch", "Signature not yet current: ",
		},
		{
			"expired presign",
			call{service: "sts", form: identityCall, key: reader, query: true, expires: "3600", ago: 16 * time.Minute},
			403, "SignatureDoesNotMatch", "Signature expired: ",
		},
		{"tampered body", call{service: "iam", form: listUsers, key: reader, change: func(r *http.Request) {
			text := "Action=GetUser&Version=2010-05-08"
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		}}, 403, "SignatureDoesNotMatch", "The request signature we calculated does not match"},
		{"tampered query", call{service: "sts", form: identityCall, key: reader, query: true, expires: "60", change: func(r *http.Request) {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "X-Amz-Expires=60", "X-Amz-Expires=6000", 1)
		}}, 403, "SignatureDoesNotMatch", "The request signature we calculated does not match"},
		{
			"added token",
			call{service: "sts", form: identityCall, key: reader, change: func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", one.token) }},
			403, "SignatureDoesNotMatch", "not signed",
		},

		{
			"not allowed",
			call{service: "iam", form: listUsers, key: reader},
			403, "AccessDenied",
			"User: arn:aws:iam::123456789012:user/reader is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ because no identity-based policy allows the iam:ListUsers action",
		},
		{
			"deny beats allow",
			call{service: "iam", form: listUsers, key: barred},
			403, "AccessDenied",
			"User: arn:aws:iam::123456789012:user/barred is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ with an explicit deny in an identity-based policy",
		},
		{"no such action", call{service: "iam", form: "Action=Sing&Version=2010-05-08", key: rootKey}, 400, "InvalidAction", ""},

		{"inactive key", call{service: "sts", form: identityCall, key: resting}, 403, "InvalidClientTokenId", "The security token included in the request is invalid."},
		{"deleted key", call{service: "sts", form: identityCall, key: gone}, 403, "InvalidClientTokenId", "The security token included in the request is invalid."},

		{
			"token of another session",
			call{service: "sts", form: identityCall, key: key{one.id, one.secret, other.token}},
			403, "InvalidClientTokenId", "The security token included in the request is invalid.",
		},
		{
			"token of another session in the query",
			call{service: "sts", form: identityCall, key: key{one.id, one.secret, other.token}, query: true, expires: "60"},
			403, "InvalidClientTokenId", "The security token included in the request is invalid.",
		},
		{
			"session without its token",
			call{service: "sts", form: identityCall, key: key{one.id, one.secret, ""}},
			403, "InvalidClientTokenId", "The security token included in the request is invalid.",
		},
		{
			"token with a key that has none",
			call{service: "sts", form: identityCall, key: key{reader.id, reader.secret, one.token}},
			403, "InvalidClientTokenId", "The security token included in the request is invalid.",
		},
		{
			"session without second factor",
			call{service: "iam", form: "Action=GetUser&Version=2010-05-08", key: one},
			403, "InvalidClientTokenId", "The security token included in the request is invalid.",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, code, message := e.answer(c.call)
			if status != c.status || code != c.code || !strings.Contains(message, c.message) {
				t.Errorf("%d %s %q, want %d %s %q", status, code, message, c.status, c.code, c.message)
			}
		})
	}

	e.advance(900 * time.Second)
	if status, code, message := e.answer(call{service: "sts", form: identityCall, key: other}); status != 403 || code != "ExpiredToken" || message != "The security token included in the request is expired" {
		t.Errorf("expired session: %d %s %q", status, code, message)
	}
	if status, code, _ := e.answer(call{service: "sts", form: identityCall, key: one}); status != 200 {
		t.Errorf("session that has not expired: %d %s", status, code)
	}
}
