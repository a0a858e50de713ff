package notify_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"tocsin/notify"
)

// A message of a subscription filter reaches each kind of destination in its form.
func TestForward(t *testing.T) {
	status, answer := http.StatusOK, "{}"
	var got *http.Request
	var body string
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got, body = r, string(text)
		w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
		w.WriteHeader(status)
		if _, err := io.WriteString(w, answer); err != nil {
			t.Error(err)
		}
	}))
	defer far.Close()
	receivers, err := notify.New(notify.Options{
		AWS:      &notify.AWS{Config: config, LambdaEndpoint: far.URL, FirehoseEndpoint: far.URL},
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer receivers.Close()
	const function, stream = "arn:aws:lambda:eu-central-1:111122223333:function:logs", "arn:aws:firehose:eu-central-1:111122223333:deliverystream/logs"
	send := func(destination string) error { return receivers.Forward(t.Context(), destination, []byte("gzip")) }

	status = http.StatusAccepted
	if err := send(function); err != nil {
		t.Error(err)
	}
	if body != `{"awslogs":{"data":"Z3ppcA=="}}` || got.Header.Get("X-Amz-Invocation-Type") != "Event" || !strings.Contains(got.URL.Path, "function:logs") {
		t.Errorf("function: %s %s", got.URL, body)
	}
	status = http.StatusOK
	if err := send(stream); err != nil {
		t.Error(err)
	}
	var put struct {
		DeliveryStreamName string
		Record             struct{ Data []byte }
	}
	if err := json.Unmarshal([]byte(body), &put); err != nil || put.DeliveryStreamName != "logs" || string(put.Record.Data) != "gzip" {
		t.Errorf("stream: %s", body)
	}
	if got.Header.Get("X-Amz-Target") != "Firehose_20150804.PutRecord" || !strings.Contains(got.Header.Get("Authorization"), "/eu-central-1/firehose/aws4_request") {
		t.Errorf("stream: %v", got.Header)
	}
	if err := send(strings.Replace(far.URL, "http://", "http://ada:secret@", 1) + "/logs?token=1"); err != nil {
		t.Error(err)
	}
	user, password, _ := got.BasicAuth()
	if body != "gzip" || got.Header.Get("Content-Encoding") != "gzip" || got.URL.String() != "/logs?token=1" || user != "ada" || password != "secret" {
		t.Errorf("URL: %s %v %s", got.URL, got.Header, body)
	}

	status, answer = http.StatusBadRequest, `{"__type":"ResourceNotFoundException","message":"gone"}`
	for _, destination := range []string{function, stream, far.URL + "/?token=secret", "http://192.168.0.1/?token=secret", "arn:aws:kinesis:eu-central-1:111122223333:stream/logs", "nowhere"} {
		if err := send(destination); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", destination, err)
		}
	}
	without, err := notify.New(notify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer without.Close()
	if err := without.Forward(t.Context(), function, nil); err == nil || !strings.Contains(err.Error(), "no access to AWS") {
		t.Errorf("got %v", err)
	}
}
