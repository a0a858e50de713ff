package cloudtrail

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/smithy-go"

	"tocsin/core/policy"
	"tocsin/core/topic"
	"tocsin/service"
	"tocsin/store/state"
)

// checkDelivery tells whether a trail can deliver where it is to: its bucket
// lets CloudTrail in, so does its topic, its role can be assumed and may write
// to its log group. What is as it was before is not asked again.
func (s *Service) checkDelivery(ctx context.Context, t trail, before Trail) error {
	v := t.Value
	if v.Bucket != before.Bucket || v.Prefix != before.Prefix {
		if err := s.checkBucket(ctx, t); err != nil {
			return err
		}
	}
	if v.TopicARN != "" && v.TopicARN != before.TopicARN {
		if err := s.mayPublish(ctx, t); err != nil {
			return err
		}
	}
	if v.LogGroup != before.LogGroup || v.Role != before.Role {
		return s.checkLogs(ctx, t)
	}
	return nil
}

func (s *Service) checkBucket(ctx context.Context, t trail) error {
	needs, err := s.bucketNeeds(ctx, t, digests(t, t.Region).LogFolder(), map[string]string{"x-amz-acl": ownerControl})
	switch {
	case codeOf(err) == noBucket:
		return &types.S3BucketDoesNotExistException{Message: text("S3 bucket %s does not exist!", t.Value.Bucket)}
	case err != nil:
		return err
	}
	return denied(s.o.ServiceMay(ctx, Principal, sourceOf(t), needs),
		&types.InsufficientS3BucketPolicyException{Message: text("Incorrect S3 bucket policy is detected for bucket: %s", t.Value.Bucket)})
}

// denied is no when err says that something is not allowed. Another error stays
// what it is: nobody knows then.
func denied(err, no error) error {
	if codeOf(err) == accessDenied {
		return no
	}
	return err
}

// codeOf is the code of an API error, "" of others.
func codeOf(err error) string {
	var coded interface{ ErrorCode() string }
	if errors.As(err, &coded) {
		return coded.ErrorCode()
	}
	return ""
}

// noBucket is S3's code for a bucket that is not there.
const noBucket = "NoSuchBucket"

// bucketNeeds is what CloudTrail needs to write a key of a trail's bucket.
func (s *Service) bucketNeeds(ctx context.Context, t trail, key string, header map[string]string) ([]service.Need, error) {
	if s.o.Buckets == nil {
		return nil, &smithy.GenericAPIError{Code: noBucket, Message: "there are no buckets here"}
	}
	ctx = s.as(ctx, t)
	acl, err := s.o.Buckets.NeedOf(ctx, "s3:GetBucketAcl", t.Value.Bucket, "", nil)
	if err != nil {
		return nil, err
	}
	put, err := s.o.Buckets.NeedOf(ctx, "s3:PutObject", t.Value.Bucket, key, header)
	return []service.Need{acl, put}, err
}

// as is the context of what CloudTrail does itself for a trail.
func (s *Service) as(ctx context.Context, t trail) context.Context {
	return service.WithCaller(ctx, service.Caller{
		Principal: policy.Service(Principal), Scope: t.Scope, Time: s.o.Now(), RequestID: s.o.NewID(), UserAgent: Principal, TLS: true,
	})
}

// sourceOf are the condition keys by which policies tell trails apart.
func sourceOf(t trail) policy.Context {
	return policy.Context{"aws:SourceArn": {t.Value.ARN}, "aws:SourceAccount": {t.Account}}
}

// ownerControl is the canned ACL that CloudTrail writes with.
const ownerControl = "bucket-owner-full-control"

var errTopic = &types.InsufficientSnsTopicPolicyException{Message: text("SNS Topic does not exist or the topic policy is incorrect!")}

// mayPublish tells whether the trail's topic takes CloudTrail's notices.
func (s *Service) mayPublish(ctx context.Context, t trail) error {
	need := service.Need{
		Action: "sns:Publish", Resource: t.Value.TopicARN, Kind: policy.Resource,
		PolicyName: "topic policy of " + t.Value.TopicARN,
	}
	err := s.o.State.View(ctx, func(tx *state.Tx) error {
		found, err := tx.Topic(ctx, t.Value.TopicARN)
		need.Owner, need.Policy = found.Owner, given(found.Policy)
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return errTopic
	}
	if err != nil {
		return err
	}
	return denied(s.o.ServiceMay(ctx, Principal, sourceOf(t), []service.Need{need}), errTopic)
}

// greetTopic publishes the message by which CloudTrail tries out a new topic.
func (s *Service) greetTopic(ctx context.Context, t trail, before string) error {
	if t.Value.TopicARN == "" || t.Value.TopicARN == before {
		return nil
	}
	message, err := topic.Publication{TopicARN: t.Value.TopicARN, Message: "CloudTrail validation message."}.Check(s.o.NewID(), s.o.Now())
	if err != nil {
		return err
	}
	err = s.o.State.Update(ctx, func(tx *state.Tx) error {
		return tx.Publish(ctx, state.Publication{Message: message, Kind: topic.Notification})
	})
	if err == nil {
		s.o.Published()
	}
	return err
}

// logGroupOf reads the ARN of a trail's log group.
func logGroupOf(arn string) (in state.Scope, name string, ok bool) {
	parts := strings.SplitN(arn, ":", 7)
	if len(parts) < 7 || parts[0] != "arn" || parts[2] != "logs" || parts[5] != "log-group" {
		return in, "", false
	}
	name, ok = strings.CutSuffix(parts[6], ":*")
	return state.Scope{Partition: parts[1], Region: parts[3], Account: parts[4]}, name, ok && name != ""
}

// stream is the log stream of a trail.
func stream(t trail) string { return t.Account + "_CloudTrail_" + t.Region }

// checkLogs tells whether the role of a trail lets CloudTrail write to its log group.
func (s *Service) checkLogs(ctx context.Context, t trail) error {
	group, role := t.Value.LogGroup, t.Value.Role
	switch {
	case group == "" && role == "":
		return nil
	case role == "":
		return &types.InvalidCloudWatchLogsRoleArnException{Message: text("You must specify a role ARN as well as a log group.")}
	case group == "":
		return &types.InvalidCloudWatchLogsLogGroupArnException{Message: text("You must specify a log group as well as a role ARN.")}
	}
	invalid := &types.InvalidCloudWatchLogsLogGroupArnException{Message: text("CloudTrail cannot validate the specified log group ARN.")}
	in, name, ok := logGroupOf(group)
	if !ok || in.Region != t.Region || in.Partition != t.Partition {
		return invalid
	}
	err := s.o.State.View(ctx, func(tx *state.Tx) error {
		_, err := tx.LogGroup(ctx, in, name)
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return invalid
	}
	if err != nil {
		return err
	}
	if !strings.HasPrefix(role, "arn:") || !strings.Contains(role, ":role/") {
		return &types.InvalidCloudWatchLogsRoleArnException{Message: text("CloudTrail cannot validate the specified role ARN.")}
	}
	err = denied(s.o.CanAssume(ctx, role, Principal, sourceOf(t), nil),
		&types.InvalidCloudWatchLogsRoleArnException{Message: text("Access denied. Check the trust relationships for your role.")})
	if err != nil {
		return err
	}
	return denied(s.o.CanAssume(ctx, role, Principal, sourceOf(t), logNeeds(t)),
		&types.InvalidCloudWatchLogsLogGroupArnException{Message: text("Access denied. Check the permissions for your role.")})
}

// logNeeds is what the role of a trail needs to be allowed.
func logNeeds(t trail) []service.Need {
	at := strings.TrimSuffix(t.Value.LogGroup, "*") + "log-stream:" + stream(t)
	return []service.Need{{Action: "logs:CreateLogStream", Resource: at}, {Action: "logs:PutLogEvents", Resource: at}}
}
