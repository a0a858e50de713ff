package cloudtrail

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/service"
	"tocsin/store/state"
)

// maxTrails is how many trails a Region has, shadows of other Regions' included.
const maxTrails = 5

// CreateTrail makes a trail that does not log yet.
func (s *Service) CreateTrail(ctx context.Context, in *cloudtrail.CreateTrailInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.CreateTrailOutput, error) {
	c := service.CallerOf(ctx)
	name := value(in.Name)
	if err := checkName(name); err != nil {
		return nil, err
	}
	made := trail{Scope: c.Scope, Name: name, Created: s.o.Now(), Value: Trail{ID: s.o.NewID(), ARN: trailARN(c.Scope, name), Global: true}}
	wanted := change{
		bucket: in.S3BucketName, prefix: in.S3KeyPrefix, topic: in.SnsTopicName, global: in.IncludeGlobalServiceEvents,
		multiRegion: in.IsMultiRegionTrail, validation: in.EnableLogFileValidation, logGroup: in.CloudWatchLogsLogGroupArn,
		role: in.CloudWatchLogsRoleArn, kmsKey: in.KmsKeyId, organization: in.IsOrganizationTrail,
	}
	if err := wanted.apply(c.Scope, &made.Value); err != nil {
		return nil, err
	}
	tags, err := checkTags(in.TagsList)
	if err != nil {
		return nil, err
	}
	if err := s.checkDelivery(ctx, made, Trail{}); err != nil {
		return nil, err
	}
	err = s.o.State.Update(ctx, func(tx *state.Tx) error {
		all, err := Trails.All(ctx, tx, state.Scope{Account: c.Account, Region: "*"})
		if err != nil {
			return err
		}
		if err := checkRoom(all, made); err != nil {
			return err
		}
		if _, err := Trails.Put(ctx, tx, made); err != nil {
			return err
		}
		return tx.Tag(ctx, made.Value.ARN, tags)
	})
	if errors.Is(err, state.ErrChanged) {
		err = exists(made)
	}
	if err != nil {
		return nil, err
	}
	if err := s.greetTopic(ctx, made, ""); err != nil {
		return nil, err
	}
	return shape(made), nil
}

// shape is what CreateTrail and UpdateTrail answer.
func shape(t trail) *cloudtrail.CreateTrailOutput {
	d := describe(t)
	return &cloudtrail.CreateTrailOutput{
		Name: d.Name, TrailARN: d.TrailARN, S3BucketName: d.S3BucketName, S3KeyPrefix: d.S3KeyPrefix, SnsTopicARN: d.SnsTopicARN,
		//lint:ignore SA1019 AWS still gives it
		SnsTopicName:               d.SnsTopicName,
		IncludeGlobalServiceEvents: d.IncludeGlobalServiceEvents, IsMultiRegionTrail: d.IsMultiRegionTrail, IsOrganizationTrail: d.IsOrganizationTrail,
		LogFileValidationEnabled: d.LogFileValidationEnabled, KmsKeyId: d.KmsKeyId,
		CloudWatchLogsLogGroupArn: d.CloudWatchLogsLogGroupArn, CloudWatchLogsRoleArn: d.CloudWatchLogsRoleArn,
	}
}

func exists(t trail) error {
	return &types.TrailAlreadyExistsException{Message: text("Trail %s already exists for customer: %s", t.Name, t.Account)}
}

// checkRoom tells whether the Regions have room for a trail, and its name is free.
func checkRoom(all []trail, made trail) error {
	count := map[string]int{}
	shadows := 0
	for _, t := range all {
		count[t.Region]++
		if t.Value.MultiRegion {
			shadows++
			count[t.Region]--
		}
	}
	most := count[made.Region]
	if made.Value.MultiRegion {
		for _, n := range count {
			most = max(most, n)
		}
	}
	if most+shadows >= maxTrails {
		return &types.MaximumNumberOfTrailsExceededException{Message: text("User: %s already has %d trails in %s.", made.Account, maxTrails, made.Region)}
	}
	for _, t := range all {
		if t.Name == made.Name && t.Region == made.Region {
			return exists(made)
		}
	}
	return nil
}

// UpdateTrail changes what is given; an empty text takes away.
func (s *Service) UpdateTrail(ctx context.Context, in *cloudtrail.UpdateTrailInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.UpdateTrailOutput, error) {
	c := service.CallerOf(ctx)
	wanted := change{
		bucket: in.S3BucketName, prefix: in.S3KeyPrefix, topic: in.SnsTopicName, global: in.IncludeGlobalServiceEvents,
		multiRegion: in.IsMultiRegionTrail, validation: in.EnableLogFileValidation, logGroup: in.CloudWatchLogsLogGroupArn,
		role: in.CloudWatchLogsRoleArn, kmsKey: in.KmsKeyId, organization: in.IsOrganizationTrail,
	}
	var before, after trail
	err := s.o.State.View(ctx, func(tx *state.Tx) error {
		var err error
		before, err = find(ctx, tx, c.Scope, in.Name, true)
		return err
	})
	if err != nil {
		return nil, err
	}
	after = before
	if err := wanted.apply(c.Scope, &after.Value); err != nil {
		return nil, err
	}
	if err := s.checkDelivery(ctx, after, before.Value); err != nil {
		return nil, err
	}
	err = s.o.State.Update(ctx, func(tx *state.Tx) error {
		if after.Value.MultiRegion && !before.Value.MultiRegion {
			all, err := Trails.All(ctx, tx, state.Scope{Account: c.Account, Region: "*"})
			if err != nil {
				return err
			}
			if err := checkRoom(without(all, before), trail{Scope: before.Scope, Name: before.Name, Value: after.Value}); err != nil {
				return err
			}
		}
		changed := after
		if after.Value.Validation && !before.Value.Validation {
			if err := beginChain(ctx, tx, &changed, s.o.Now()); err != nil {
				return err
			}
		}
		_, err := Trails.Put(ctx, tx, changed)
		return err
	})
	if err != nil {
		return nil, conflict(err)
	}
	if err := s.greetTopic(ctx, after, before.Value.TopicARN); err != nil {
		return nil, err
	}
	return (*cloudtrail.UpdateTrailOutput)(shape(after)), nil
}

func without(all []trail, one trail) (others []trail) {
	for _, t := range all {
		if t.Value.ID != one.Value.ID {
			others = append(others, t)
		}
	}
	return others
}

// DeleteTrail removes a trail. What it has not delivered yet is still delivered,
// with a last digest.
func (s *Service) DeleteTrail(ctx context.Context, in *cloudtrail.DeleteTrailInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.DeleteTrailOutput, error) {
	c := service.CallerOf(ctx)
	err := s.o.State.Update(ctx, func(tx *state.Tx) error {
		t, err := find(ctx, tx, c.Scope, in.Name, true)
		if err != nil {
			return err
		}
		if err := Trails.Delete(ctx, tx, t.Scope, t.Name); err != nil {
			return err
		}
		if err := tx.DropTags(ctx, t.Value.ARN); err != nil {
			return err
		}
		if t.Value.Logging {
			t.Value.Logging, t.Value.Stopped = false, s.o.Now()
		}
		t.Name, t.Revision = t.Value.ID, 0
		_, err = ending.Put(ctx, tx, t)
		return err
	})
	if err != nil {
		return nil, conflict(err)
	}
	s.forgetInterest()
	return &cloudtrail.DeleteTrailOutput{}, nil
}

// StartLogging makes a trail take events.
func (s *Service) StartLogging(ctx context.Context, in *cloudtrail.StartLoggingInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.StartLoggingOutput, error) {
	_, err := s.change(ctx, in.Name, func(ctx context.Context, tx *state.Tx, t *trail) error {
		if t.Value.Logging {
			return nil
		}
		t.Value.Earlier = span{t.Value.Started.Truncate(time.Millisecond), t.Value.Stopped}
		// This call is the first event that the trail has.
		t.Value.Logging, t.Value.Started = true, s.timeOf(ctx)
		return beginChain(ctx, tx, t, t.Value.Started)
	})
	if err != nil {
		return nil, err
	}
	s.forgetInterest()
	return &cloudtrail.StartLoggingOutput{}, nil
}

// StopLogging makes a trail take no more events; this call is the last one.
func (s *Service) StopLogging(ctx context.Context, in *cloudtrail.StopLoggingInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.StopLoggingOutput, error) {
	_, err := s.change(ctx, in.Name, func(ctx context.Context, _ *state.Tx, t *trail) error {
		if v := &t.Value; v.Logging {
			v.Logging, v.Stopped = false, s.timeOf(ctx)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cloudtrail.StopLoggingOutput{}, nil
}

// timeOf is when the call of a context was made.
func (s *Service) timeOf(ctx context.Context) time.Time {
	if at := service.CallerOf(ctx).Time; !at.IsZero() {
		return at
	}
	return s.o.Now()
}

// A change is what CreateTrail and UpdateTrail are given.
type change struct {
	bucket, prefix, topic, logGroup, role, kmsKey *string
	global, multiRegion, validation, organization *bool
}

var (
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	topicName  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}(\.fifo)?$`)
	topicARN   = regexp.MustCompile(`^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$`)
	kmsKeyID   = regexp.MustCompile(`^(alias/[A-Za-z0-9/_-]{1,250}|[A-Za-z0-9-]{1,128}|arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]{1,250})$`)
	prefixForm = regexp.MustCompile(`^[^\x00-\x1f\x7f]{0,200}$`)
)

// apply checks what can be checked without looking at others, and changes t.
func (c change) apply(in state.Scope, t *Trail) error {
	set(&t.Bucket, c.bucket)
	set(&t.Prefix, c.prefix)
	set(&t.LogGroup, c.logGroup)
	set(&t.Role, c.role)
	set(&t.Global, c.global)
	set(&t.MultiRegion, c.multiRegion)
	set(&t.Validation, c.validation)
	switch {
	case value(c.organization):
		return &types.OrganizationsNotInUseException{Message: text("Account %s is not a member of an organization: a trail is for one account here.", in.Account)}
	case t.MultiRegion && !t.Global:
		return &types.InvalidParameterCombinationException{Message: text("Multi-Region trail must include global service events.")}
	case !bucketName.MatchString(t.Bucket):
		return &types.InvalidS3BucketNameException{Message: text("Bucket name %q is not valid: 3 to 63 lowercase letters, numbers, periods and hyphens.", t.Bucket)}
	case !prefixForm.MatchString(t.Prefix) || strings.HasPrefix(t.Prefix, "/"):
		return &types.InvalidS3PrefixException{Message: text("Prefix %.40q is not valid: at most 200 characters, and no slash at its start.", t.Prefix)}
	}
	if c.topic != nil {
		t.Topic, t.TopicARN = *c.topic, *c.topic
		switch {
		case t.Topic == "" || topicARN.MatchString(t.Topic):
		case topicName.MatchString(t.Topic):
			t.TopicARN = "arn:" + in.Partition + ":sns:" + in.Region + ":" + in.Account + ":" + t.Topic
		default:
			return &types.InvalidSnsTopicNameException{Message: text("SNS Topic name or ARN %q is not valid.", t.Topic)}
		}
	}
	if c.kmsKey != nil {
		t.KMSKey = *c.kmsKey
		switch {
		case t.KMSKey == "" || strings.HasPrefix(t.KMSKey, "arn:") && kmsKeyID.MatchString(t.KMSKey):
		case !kmsKeyID.MatchString(t.KMSKey):
			return &types.InvalidKmsKeyIdException{Message: text("KMS key %q is not valid: expected a key id, alias/NAME, or the ARN of either.", t.KMSKey)}
		case strings.HasPrefix(t.KMSKey, "alias/"):
			t.KMSKey = "arn:" + in.Partition + ":kms:" + in.Region + ":" + in.Account + ":" + t.KMSKey
		default:
			t.KMSKey = "arn:" + in.Partition + ":kms:" + in.Region + ":" + in.Account + ":key/" + t.KMSKey
		}
	}
	return nil
}

// set takes over what is given.
func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
