package cloudtrail_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin/core/digest"
	"tocsin/core/event"
	"tocsin/service"
	"tocsin/service/cloudtrail"
	"tocsin/service/servicetest"
	"tocsin/store/state"
)

// start makes a trail that logs.
func (w *world) start(t testing.TB, name string, change ...func(*sdk.CreateTrailInput)) {
	t.Helper()
	ctx := w.Context(t)
	create(t, ctx, w, name, change...)
	must[*sdk.StartLoggingOutput](t)(w.StartLogging(ctx, &sdk.StartLoggingInput{Name: &name}))
}

// files are the names of the events in the log files, file by file.
func (w *world) files(t testing.TB) (files [][]string) {
	t.Helper()
	for _, at := range w.bucket.keys("/CloudTrail/") {
		files = append(files, w.eventNames(t, at))
	}
	return files
}

func (w *world) eventNames(t testing.TB, at string) (names []string) {
	t.Helper()
	_, key, _ := strings.Cut(at, "/")
	k, ok := event.ParseKey(key)
	if !ok {
		t.Errorf("%s is no key of a log file", key)
	}
	var content struct {
		Records []struct {
			EventName string
			EventTime time.Time
			AWSRegion string
		}
	}
	if err := json.Unmarshal(w.inflated(t, at), &content); err != nil {
		t.Fatal(err)
	}
	for _, r := range content.Records {
		names = append(names, r.EventName)
		if r.EventTime.After(k.Time) || r.EventTime.Before(k.Time.Add(-20*time.Minute)) || r.AWSRegion != k.Region {
			t.Errorf("%s at %s in %s", r.EventName, r.EventTime, key)
		}
	}
	return names
}

func (w *world) inflated(t testing.TB, at string) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(w.bucket.objects[at].body))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func status(t testing.TB, w *world, name string) *sdk.GetTrailStatusOutput {
	t.Helper()
	return must[*sdk.GetTrailStatusOutput](t)(w.GetTrailStatus(w.Context(t), &sdk.GetTrailStatusInput{Name: &name}))
}

// A call goes into the operator's log group at once, and into the trail's log
// group and files.
func TestDelivery(t *testing.T) {
	w := newWorld(t)
	group, topic := w.group(t, "trails"), w.topic(t, "files")
	w.called(t, "ListTopics")
	w.start(t, "main", logsTo(groupARN), func(in *sdk.CreateTrailInput) {
		in.S3KeyPrefix, in.SnsTopicName = aws.String("audit"), aws.String("files")
	})
	w.called(t, "CreateTopic", "iam:CreateUser", "DeleteTopic", "Publish")
	w.tick(t)
	equal(t, "own", []string{"ListTopics", "CreateTopic", "CreateUser", "DeleteTopic"}, w.logs.of(w.own.ID), sortedText)
	equal(t, "trail", []string{"CreateTopic", "DeleteTopic"}, w.logs.of(group.ID)) // IAM is of another Region
	w.pass(t, 4*time.Minute)
	equal(t, "before five minutes", [][]string(nil), w.files(t))
	w.pass(t, 2*time.Minute)
	equal(t, "after", [][]string{{"CreateTopic", "DeleteTopic"}}, w.files(t))
	key := w.bucket.keys("/CloudTrail/")[0]
	if !strings.HasPrefix(key, "logs/audit/AWSLogs/123456789012/CloudTrail/eu-central-1/2026/07/01/123456789012_CloudTrail_eu-central-1_20260701T1205Z_") {
		t.Error(key)
	}
	equal(t, "header", map[string]string{"Content-Type": "application/json", "Content-Encoding": "gzip", "x-amz-acl": "bucket-owner-full-control"}, w.bucket.objects[key].header)

	st := status(t, w, "main")
	if st.LatestDeliveryTime == nil || st.LatestDeliveryError != nil || st.LatestCloudWatchLogsDeliveryTime == nil || st.LatestNotificationTime == nil || *st.LatestDeliveryAttemptSucceeded == "" {
		t.Errorf("status %+v", st)
	}
	var told []string
	err := w.State.Update(t.Context(), func(tx *state.Tx) error {
		all, err := tx.LeasePublications(t.Context(), "test", w.Now(), w.Now().Add(time.Minute), 10)
		for _, p := range all {
			if p.Message.TopicARN == topic {
				told = append(told, p.Message.Default)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, inBucket, _ := strings.Cut(key, "/")
	equal(t, "notices", []string{"CloudTrail validation message.", `{"s3Bucket":"logs","s3ObjectKey":["` + inBucket + `"]}`}, told)
	w.pass(t, 10*time.Minute)
	if n := len(w.files(t)); n != 1 {
		t.Error(n, "files, although nothing happened")
	}
}

// What a trail takes, by its settings.
func TestTaking(t *testing.T) {
	selects := func(s ...types.EventSelector) *sdk.PutEventSelectorsInput {
		return &sdk.PutEventSelectorsInput{EventSelectors: s}
	}
	advanced := func(all ...[]types.AdvancedFieldSelector) *sdk.PutEventSelectorsInput {
		in := &sdk.PutEventSelectorsInput{}
		for _, fields := range all {
			in.AdvancedEventSelectors = append(in.AdvancedEventSelectors, types.AdvancedEventSelector{FieldSelectors: fields})
		}
		return in
	}
	is := func(name string, values ...string) types.AdvancedFieldSelector {
		return types.AdvancedFieldSelector{Field: &name, Equals: values}
	}
	multi := func(in *sdk.CreateTrailInput) { in.IsMultiRegionTrail = aws.Bool(true) }
	management := is("eventCategory", "Management")
	s3Data := types.DataResource{Type: aws.String("AWS::S3::Object"), Values: []string{"arn:aws:s3:::mine/in"}}
	for _, c := range []struct {
		name    string
		trail   func(*sdk.CreateTrailInput)
		select_ *sdk.PutEventSelectorsInput
		want    string
	}{
		{"one Region", func(*sdk.CreateTrailInput) {}, nil, "CreateTopic ListTopics Decrypt"},
		{"all Regions", multi, nil, "CreateTopic ListTopics Decrypt West CreateUser"},
		{"writes", multi, selects(types.EventSelector{ReadWriteType: "WriteOnly"}), "CreateTopic West CreateUser"},
		{"reads", multi, selects(types.EventSelector{ReadWriteType: "ReadOnly"}), "ListTopics Decrypt"},
		{"without KMS", multi, selects(types.EventSelector{ExcludeManagementEventSources: []string{"kms.amazonaws.com"}}), "CreateTopic ListTopics West CreateUser"},
		{"data alone", multi, selects(types.EventSelector{IncludeManagementEvents: aws.Bool(false), DataResources: []types.DataResource{s3Data}}), "PutObject"},
		{"all objects", multi, selects(types.EventSelector{IncludeManagementEvents: aws.Bool(false), DataResources: []types.DataResource{{Type: aws.String("AWS::S3::Object"), Values: []string{"arn:aws:s3"}}}}), "PutObject GetObject"},
		{"two selectors", multi, selects(types.EventSelector{ReadWriteType: "ReadOnly"}, types.EventSelector{IncludeManagementEvents: aws.Bool(false), DataResources: []types.DataResource{s3Data}}), "ListTopics Decrypt PutObject"},
		{"advanced: management", multi, advanced([]types.AdvancedFieldSelector{management}), "CreateTopic ListTopics Decrypt West CreateUser"},
		{"advanced: reads", multi, advanced([]types.AdvancedFieldSelector{management, is("readOnly", "true")}), "ListTopics Decrypt"},
		{"advanced: without KMS and IAM", multi, advanced([]types.AdvancedFieldSelector{management, {Field: aws.String("eventSource"), NotEquals: []string{"kms.amazonaws.com", "iam.amazonaws.com"}}}), "CreateTopic ListTopics West"},
		{"advanced: names", multi, advanced([]types.AdvancedFieldSelector{management, {Field: aws.String("eventName"), StartsWith: []string{"Create", "List"}, NotEndsWith: []string{"User"}}}), "CreateTopic ListTopics"},
		{"advanced: objects", multi, advanced([]types.AdvancedFieldSelector{is("eventCategory", "Data"), is("resources.type", "AWS::S3::Object"), {Field: aws.String("resources.ARN"), NotStartsWith: []string{"arn:aws:s3:::mine/"}}}), "GetObject"},
		{"advanced: or", multi, advanced([]types.AdvancedFieldSelector{management, is("eventName", "CreateUser")}, []types.AdvancedFieldSelector{management, is("readOnly", "true")}), "ListTopics Decrypt CreateUser"},
		{"advanced: who", multi, advanced([]types.AdvancedFieldSelector{management, {Field: aws.String("userIdentity.arn"), EndsWith: []string{":user/ann"}}}), ""},
		{"advanced: source", multi, advanced([]types.AdvancedFieldSelector{management, is("eventSource", "iam.amazonaws.com")}), "CreateUser"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			group := w.group(t, "trails")
			w.start(t, "main", c.trail, logsTo(groupARN))
			if c.select_ != nil {
				c.select_.TrailName = aws.String("main")
				must[*sdk.PutEventSelectorsOutput](t)(w.PutEventSelectors(w.Context(t), c.select_))
			}
			record := func(change func(*service.Record)) {
				r := service.Record{Caller: w.Caller()}
				change(&r)
				if err := w.Record(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			record(func(r *service.Record) { r.Source, r.Name = "sns.amazonaws.com", "CreateTopic" })
			record(func(r *service.Record) { r.Source, r.Name, r.ReadOnly = "sns.amazonaws.com", "ListTopics", true })
			record(func(r *service.Record) { r.Source, r.Name, r.ReadOnly = "kms.amazonaws.com", "Decrypt", true })
			record(func(r *service.Record) { r.Source, r.Name, r.Caller.Region = "sns.amazonaws.com", "West", "eu-west-1" })
			record(func(r *service.Record) { r.Source, r.Name = "iam.amazonaws.com", "CreateUser" })
			record(func(r *service.Record) {
				r.Source, r.Name, r.Caller.Account = "sns.amazonaws.com", "Other", "111122223333"
			})
			object := func(arn string) []service.RecordResource {
				return []service.RecordResource{{ARN: arn, Type: "AWS::S3::Object"}, {ARN: "arn:aws:s3:::mine", Account: servicetest.Account, Type: "AWS::S3::Bucket"}}
			}
			record(func(r *service.Record) {
				r.Source, r.Name, r.Data, r.Resources = "s3.amazonaws.com", "PutObject", true, object("arn:aws:s3:::mine/in/a")
			})
			record(func(r *service.Record) {
				r.Source, r.Name, r.Data, r.ReadOnly, r.Resources = "s3.amazonaws.com", "GetObject", true, true, object("arn:aws:s3:::other/in")
			})
			w.tick(t)
			equal(t, "taken", c.want, strings.Join(w.logs.of(group.ID), " "))
		})
	}
}

// A trail takes what happens from StartLogging to StopLogging, both included.
func TestTakingWhileLogging(t *testing.T) {
	w := newWorld(t)
	ctx := func() context.Context { return w.Context(t) }
	create(t, ctx(), w, "main", func(in *sdk.CreateTrailInput) { in.EnableLogFileValidation = aws.Bool(true) })
	w.called(t, "Before")
	for range 2 {
		must[*sdk.StartLoggingOutput](t)(w.StartLogging(ctx(), &sdk.StartLoggingInput{Name: aws.String("main")}))
		w.called(t, "cloudtrail:StartLogging", "Within")
		must[*sdk.StopLoggingOutput](t)(w.StopLogging(ctx(), &sdk.StopLoggingInput{Name: aws.String("main")}))
		w.tick(t) // before the call is recorded
		w.called(t, "cloudtrail:StopLogging", "After")
		w.pass(t, 20*time.Minute)
	}
	equal(t, "files", [][]string{{"StartLogging", "Within", "StopLogging"}, {"StartLogging", "Within", "StopLogging"}}, w.files(t))
	chains := w.chains(t)
	if len(chains) != 2 || len(chains[0]) != 1 || len(chains[1]) != 1 {
		t.Fatalf("each time has one last digest: %+v", chains)
	}
	for _, c := range chains {
		if f := c[0].File; len(f.Logs) != 1 || f.Previous.Named() {
			t.Errorf("%+v", f)
		}
	}
}

// What is still on its way when a trail is stopped and started again is not lost.
func TestStoppedAndStartedAtOnce(t *testing.T) {
	w := newWorld(t)
	group := w.group(t, "trails")
	w.start(t, "main", logsTo(groupARN))
	w.called(t, "First")
	must[*sdk.StopLoggingOutput](t)(w.StopLogging(w.Context(t), &sdk.StopLoggingInput{Name: aws.String("main")}))
	w.called(t, "cloudtrail:StopLogging", "Between")
	must[*sdk.StartLoggingOutput](t)(w.StartLogging(w.Context(t), &sdk.StartLoggingInput{Name: aws.String("main")}))
	w.called(t, "cloudtrail:StartLogging", "Second")
	w.tick(t)
	equal(t, "taken", []string{"First", "StopLogging", "StartLogging", "Second"}, w.logs.of(group.ID))
}

// Without the operator's log group the trails still get their events.
func TestOwnGroupIsGone(t *testing.T) {
	w := newWorld(t, func(o *cloudtrail.Options) {
		put := o.Put
		o.Put = func(ctx context.Context, group int64, stream string, events []cloudtrail.LogEvent) error {
			if group == o.Group() {
				return state.ErrNotFound
			}
			return put(ctx, group, stream, events)
		}
	})
	group := w.group(t, "trails")
	w.start(t, "main", logsTo(groupARN))
	w.called(t, "CreateTopic")
	w.tick(t)
	equal(t, "taken", []string{"CreateTopic"}, w.logs.of(group.ID))
}

// Many and large records go in several rounds of one tick.
func TestManyRecords(t *testing.T) {
	w := newWorld(t)
	w.start(t, "main")
	large := map[string]string{"x": strings.Repeat("x", 90<<10)}
	for i := range 260 {
		r := service.Record{Caller: w.Caller(), Source: "sns.amazonaws.com", Name: fmt.Sprint("E", i)}
		if i < 60 {
			r.Request = large
		}
		if err := w.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	w.tick(t)
	if n := len(w.logs.of(w.own.ID)); n != 260 {
		t.Errorf("%d in the log group", n)
	}
	w.pass(t, 6*time.Minute)
	n := 0
	for _, f := range w.files(t) {
		n += len(f)
	}
	if n != 260 {
		t.Errorf("%d in log files", n)
	}
}

// chains are the digests in the bucket, checked, each chain from its start on.
func (w *world) chains(t testing.TB) (chains [][]digest.Checked) {
	t.Helper()
	list := must[*sdk.ListPublicKeysOutput](t)(w.ListPublicKeys(w.Context(t), &sdk.ListPublicKeysInput{StartTime: aws.Time(time.Unix(0, 0)), EndTime: aws.Time(w.Now())}))
	keys := digest.Keys{}
	for _, k := range list.PublicKeyList {
		keys[*k.Fingerprint] = digest.PublicKey{Fingerprint: *k.Fingerprint, Value: k.Value, ValidFrom: *k.ValidityStartTime, ValidTo: *k.ValidityEndTime}
	}
	hasher := digest.NewHasher(math.MaxInt32)
	listed := map[string]int{} // log files
	for _, at := range w.bucket.keys("/CloudTrail-Digest/") {
		bucket, key, _ := strings.Cut(at, "/")
		meta := map[string]string{}
		for name, v := range w.bucket.objects[at].header {
			if name, ours := strings.CutPrefix(name, "x-amz-meta-"); ours {
				meta[name] = v
			}
		}
		c := digest.Verify(digest.Object{Place: digest.Place{Bucket: bucket, Key: key}, Text: w.inflated(t, at), Metadata: meta}, keys)
		if !c.Verdict.Valid() || c.OutsideKeyPeriod {
			t.Errorf("%s: %s", at, c.Verdict.Text())
			continue
		}
		for _, l := range c.File.Logs {
			listed[l.Place.Bucket+"/"+l.Place.Key]++
			if v, _ := hasher.Check(l, bytes.NewReader(w.bucket.objects[l.Place.Bucket+"/"+l.Place.Key].body)); !v.Valid() {
				t.Errorf("%s: %s", l.Place, v.Text())
			}
		}
		if !c.File.Previous.Named() {
			chains = append(chains, nil)
		} else if before := chains[len(chains)-1]; !c.File.Previous.Fits(before[len(before)-1]) || !before[len(before)-1].File.End.Equal(c.File.Start) {
			t.Errorf("%s is not the one after %s", at, before[len(before)-1].Place)
		}
		chains[len(chains)-1] = append(chains[len(chains)-1], c)
	}
	for _, at := range w.bucket.keys("/CloudTrail/") {
		if listed[at] != 1 {
			t.Errorf("%s is in %d digests", at, listed[at])
		}
	}
	return chains
}

func TestDigests(t *testing.T) {
	w := newWorld(t)
	w.start(t, "main", func(in *sdk.CreateTrailInput) {
		in.EnableLogFileValidation, in.IsMultiRegionTrail = aws.Bool(true), aws.Bool(true)
	})
	w.called(t, "CreateTopic")
	w.pass(t, 2*time.Hour+10*time.Minute)
	w.called(t, "iam:CreateUser")
	w.pass(t, 65*time.Minute)
	chains := w.chains(t)
	var shape []string
	for _, c := range chains {
		line := ""
		for _, d := range c {
			tr, _, _, _ := digest.ParseKey(d.Place.Key)
			line += tr.Region + " " + d.File.Start.Format("15:04:05") + "-" + d.File.End.Format("15:04:05") + " " + strings.Repeat("L", len(d.File.Logs)) + "; "
		}
		shape = append(shape, line)
	}
	equal(t, "digests", []string{
		"eu-central-1 12:00:00-13:00:00 L; eu-central-1 13:00:00-14:00:00 ; eu-central-1 14:00:00-15:00:00 ; ",
		"us-east-1 14:11:02-15:11:02 L; ",
	}, shape)
	if st := status(t, w, "main"); st.LatestDigestDeliveryTime == nil || st.LatestDigestDeliveryError != nil {
		t.Errorf("%+v", st)
	}
	list := must[*sdk.ListPublicKeysOutput](t)(w.ListPublicKeys(w.Context(t), &sdk.ListPublicKeysInput{}))
	if len(list.PublicKeyList) != 1 || !strings.HasPrefix(base64.StdEncoding.EncodeToString(list.PublicKeyList[0].Value), "MIIBCgKCAQEA") {
		t.Errorf("%+v", list.PublicKeyList)
	}

	// A deleted trail writes its last digests, and is gone.
	must[*sdk.DeleteTrailOutput](t)(w.DeleteTrail(w.Context(t), &sdk.DeleteTrailInput{Name: aws.String("main")}))
	w.called(t, "cloudtrail:DeleteTrail")
	w.pass(t, 10*time.Minute)
	last := w.chains(t)[0]
	if n := len(last); n != 4 || len(last[3].File.Logs) != 1 {
		t.Errorf("%d digests, the last with %d log files", n, len(last[n-1].File.Logs))
	}
	if left := w.leftovers(t); left != "" {
		t.Error("left over:", left)
	}
}

// leftovers is what is still kept of trails that are gone.
func (w *world) leftovers(t testing.TB) (left string) {
	t.Helper()
	err := w.State.View(t.Context(), func(tx *state.Tx) error {
		for _, kind := range []state.Kind[json.RawMessage]{"trail-ending", "trail-status", "trail-pending", "trail-batch", "trail-chain"} {
			all, err := kind.All(t.Context(), tx, state.Scope{Account: "*", Region: "*"})
			if err != nil {
				return err
			}
			for _, r := range all {
				left += string(kind) + " " + r.Name + "\n"
			}
		}
		records, err := tx.OwnRecords(t.Context(), 0, 10)
		for _, r := range records {
			left += "record " + r.EventID + "\n"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// A jump of the clock writes each digest that was due.
func TestDigestsAfterAPause(t *testing.T) {
	w := newWorld(t)
	w.start(t, "main", func(in *sdk.CreateTrailInput) { in.EnableLogFileValidation = aws.Bool(true) })
	w.tick(t)
	w.Advance(5*time.Hour + time.Minute)
	w.tick(t)
	if c := w.chains(t); len(c) != 1 || len(c[0]) != 5 {
		t.Errorf("%d chains", len(c))
	}
}

var sortedText = cmpopts.SortSlices(func(a, b string) bool { return a < b })
