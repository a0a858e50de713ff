package cloudtrail_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/service"
	"tocsin/service/cloudtrail"
)

func TestChannels(t *testing.T) {
	twice(t, func(t *testing.T, ctx context.Context, w *world, c api) {
		to := []types.Destination{{Type: types.DestinationTypeEventDataStore, Location: aws.String("arn:aws:cloudtrail:eu-central-1:123456789012:eventdatastore/x")}}
		made := must[*sdk.CreateChannelOutput](t)(c.CreateChannel(ctx, &sdk.CreateChannelInput{Name: aws.String("outside"), Source: aws.String("Custom"), Destinations: to}))
		if !strings.HasPrefix(*made.ChannelArn, "arn:aws:cloudtrail:eu-central-1:123456789012:channel/") {
			t.Error(*made.ChannelArn)
		}
		got := must[*sdk.GetChannelOutput](t)(c.GetChannel(ctx, &sdk.GetChannelInput{Channel: made.ChannelArn}))
		equal(t, "destinations", to, got.Destinations, ignore)
		equal(t, "list", []types.Channel{{ChannelArn: made.ChannelArn, Name: aws.String("outside")}}, must[*sdk.ListChannelsOutput](t)(c.ListChannels(ctx, &sdk.ListChannelsInput{})).Channels, ignore)
		for in, want := range map[*sdk.CreateChannelInput]string{
			{Name: aws.String("outside"), Source: aws.String("Custom"), Destinations: to}: "ChannelAlreadyExistsException",
			{Name: aws.String("other"), Source: aws.String("Okta"), Destinations: to}:     "InvalidSourceException",
			{Name: aws.String("a b"), Source: aws.String("Custom"), Destinations: to}:     "InvalidParameterException",
		} {
			if _, err := c.CreateChannel(ctx, in); code(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
		}
		must[*sdk.DeleteChannelOutput](t)(c.DeleteChannel(ctx, &sdk.DeleteChannelInput{Channel: made.ChannelArn}))
		if _, err := c.GetChannel(ctx, &sdk.GetChannelInput{Channel: made.ChannelArn}); code(err) != "ChannelNotFoundException" {
			t.Error(err)
		}
	})
}

func TestPutAuditEvents(t *testing.T) {
	w := newWorld(t)
	channel := *must[*sdk.CreateChannelOutput](t)(w.CreateChannel(w.Context(t), &sdk.CreateChannelInput{
		Name: aws.String("outside"), Source: aws.String("Custom"), Destinations: []types.Destination{{Type: types.DestinationTypeEventDataStore, Location: aws.String("x")}},
	})).ChannelArn
	h := w.AuditEvents(cloudtrail.AuditOptions{
		Admit: func(r *http.Request) (context.Context, error) {
			return service.WithCaller(r.Context(), w.Caller()), nil
		},
		Permit: func(_ context.Context, needs []service.Need) error { return w.allowed(needs) },
	})
	put := func(channel, body string) (int, string, string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/PutAuditEvents?channelArn="+url.QueryEscape(channel), strings.NewReader(body))
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		return answer.Code, answer.Header().Get("X-Amzn-ErrorType"), answer.Body.String()
	}
	const login = `{"version":"1","UID":"u1","eventTime":"2026-07-01T11:59:00Z","eventName":"Login","eventSource":"door.example","userIdentity":{"type":"Human","principalId":"ann"}}`
	sum := sha256.Sum256([]byte(login))
	for _, c := range []struct {
		name, channel string
		events        []map[string]string
		status        int
		want          string // error type, or what became of each event
	}{
		{"good", channel, []map[string]string{{"id": "1", "eventData": login, "eventDataChecksum": base64.StdEncoding.EncodeToString(sum[:])}}, 200, "1 ok"},
		{"again", channel, []map[string]string{{"id": "1", "eventData": login}}, 200, "1 ok"},
		{"some", channel, []map[string]string{
			{"id": "1", "eventData": "x"},
			{"id": "2", "eventData": login, "eventDataChecksum": "AAAA"},
			{"id": "3", "eventData": strings.Replace(login, `"UID":"u1",`, "", 1)},
			{"id": "4", "eventData": strings.Replace(login, "door.example", "s3.amazonaws.com", 1)},
			{"id": "5", "eventData": strings.Replace(login, "2026-07-01T11:59:00Z", "yesterday", 1)},
			{"id": "6", "eventData": strings.Replace(login, `{"version"`, `{"recipientAccountId":"111122223333","version"`, 1)},
			{"id": "7", "eventData": strings.Replace(login, "u1", "u2", 1)},
			{"id": "8", "eventData": strings.Replace(login, "Login", strings.Repeat("L", 2000), 1)},
		}, 200, "1 InvalidData, 2 InvalidChecksum, 3 FieldNotFound, 4 InvalidEventSource, 5 InvalidData, 6 InvalidRecipient, 8 FieldTooLong, 7 ok"},
		{"id twice", channel, []map[string]string{{"id": "1", "eventData": login}, {"id": "1", "eventData": login}}, 400, "DuplicatedAuditEventId"},
		{"none", channel, nil, 400, "ValidationException"},
		{"no channel", channel + "x", []map[string]string{{"id": "1", "eventData": login}}, 400, "ChannelNotFound"},
		{"another account", strings.Replace(channel, "123456789012", "111122223333", 1), []map[string]string{{"id": "1", "eventData": login}}, 400, "ChannelNotFound"},
		{"no ARN", "x", []map[string]string{{"id": "1", "eventData": login}}, 400, "InvalidChannelARN"},
		{"too large", channel, []map[string]string{{"id": "1", "eventData": strings.Repeat("x", 1<<20)}}, 400, "RequestEntityTooLargeException"},
	} {
		body, err := json.Marshal(map[string]any{"auditEvents": c.events})
		if err != nil {
			t.Fatal(err)
		}
		status, got, text := put(c.channel, string(body))
		var answer struct {
			Failed     []struct{ ID, ErrorCode, ErrorMessage string }
			Successful []struct{ ID, EventID string }
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatalf("%s: %s", c.name, text)
		}
		if status == http.StatusOK {
			var each []string
			for _, f := range answer.Failed {
				each = append(each, f.ID+" "+f.ErrorCode)
			}
			for _, s := range answer.Successful {
				each = append(each, s.ID+" ok")
			}
			got = strings.Join(each, ", ")
		}
		if status != c.status || got != c.want {
			t.Errorf("%s: %d %s, want %d %s", c.name, status, got, c.status, c.want)
		}
	}
	if status, kind, _ := put(channel, "{"); status != 400 || kind != "SerializationException" {
		t.Error(status, kind)
	}
	w.deny["cloudtrail-data:PutAuditEvents"] = true
	if status, kind, _ := put(channel, "{}"); status != 403 || kind != "AccessDeniedException" {
		t.Error(status, kind)
	}
	if got := w.logs.of(w.own.ID); len(got) != 2 {
		t.Errorf("stored %q", got)
	}
	got := must[*sdk.GetChannelOutput](t)(w.GetChannel(w.Context(t), &sdk.GetChannelInput{Channel: &channel}))
	if got.IngestionStatus == nil {
		t.Error("no ingestion status")
	}
}
