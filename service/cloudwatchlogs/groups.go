package cloudwatchlogs

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"tocsin/store/state"
)

// CreateLogGroup makes a log group that keeps its events for ever. A key is noted,
// and shown as it was given; what tocsin stores is encrypted by where it is stored, or not.
func (s *Service) CreateLogGroup(ctx context.Context, in *cloudwatchlogs.CreateLogGroupInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogGroupOutput, error) {
	g, err := named(ctx, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(g.name, "aws/") {
		return nil, invalid("Log groups starting with AWS/ are reserved for AWS.")
	}
	if err := checkEnum(in.LogGroupClass, "logGroupClass", types.LogGroupClass("").Values()); err != nil {
		return nil, err
	}
	if err := checkKey(in.KmsKeyId); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	made := state.LogGroup{
		Scope: g.Scope, Name: g.name, Created: s.now(), Class: string(in.LogGroupClass), KMSKey: aws.ToString(in.KmsKeyId),
		Protected: aws.ToBool(in.DeletionProtectionEnabled),
	}
	err = s.state.Update(ctx, func(tx *state.Tx) error {
		if err := tx.CreateLogGroup(ctx, made); err != nil {
			return err
		}
		return tx.Tag(ctx, made.ARN(), in.Tags)
	})
	if errors.Is(err, state.ErrChanged) {
		err = exists("The specified log group already exists")
	}
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.CreateLogGroupOutput{}, nil
}

// checkKey checks the ARN of a key of KMS.
func checkKey(arn *string) error {
	if arn == nil {
		return nil
	}
	if len(*arn) > 256 {
		return constraint(*arn, "kmsKeyId", "Member must have length less than or equal to 256")
	}
	if parts := strings.SplitN(*arn, ":", 6); len(parts) != 6 || parts[0] != "arn" || parts[2] != "kms" || !strings.HasPrefix(parts[5], "key/") {
		return invalid("The specified KMS Key Id could not be found.")
	}
	return nil
}

// DeleteLogGroup deletes a group with its streams, events, filters and tags.
func (s *Service) DeleteLogGroup(ctx context.Context, in *cloudwatchlogs.DeleteLogGroupInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteLogGroupOutput, error) {
	err := s.change(ctx, in.LogGroupName, func(tx *state.Tx, g state.LogGroup) error {
		if g.Protected {
			return validation("The specified log group has deletion protection enabled. Disable deletion protection before you delete the log group.")
		}
		if err := tx.DeleteLogGroup(ctx, g.ID); err != nil {
			return otherwise(err, noGroup())
		}
		if _, err := state.Exists(resourcePolicies.Delete(ctx, tx, g.Scope, g.ARN())); err != nil {
			return err
		}
		return tx.DropTags(ctx, g.ARN())
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.DeleteLogGroupOutput{}, nil
}

// change lets f change the caller's log group of that name.
func (s *Service) change(ctx context.Context, name *string, f func(*state.Tx, state.LogGroup) error) error {
	g, err := named(ctx, name)
	if err != nil {
		return err
	}
	return s.changeGroup(ctx, g, f)
}

func (s *Service) changeGroup(ctx context.Context, g groupName, f func(*state.Tx, state.LogGroup) error) error {
	return s.state.Update(ctx, func(tx *state.Tx) error {
		found, err := g.read(ctx, tx)
		if err != nil {
			return err
		}
		return f(tx, found)
	})
}

// PutLogGroupDeletionProtection says whether a group may be deleted.
func (s *Service) PutLogGroupDeletionProtection(ctx context.Context, in *cloudwatchlogs.PutLogGroupDeletionProtectionInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutLogGroupDeletionProtectionOutput, error) {
	if in.LogGroupIdentifier == nil {
		return nil, missing("logGroupIdentifier")
	}
	if in.DeletionProtectionEnabled == nil {
		return nil, missing("deletionProtectionEnabled")
	}
	g, err := identified(ctx, *in.LogGroupIdentifier, "logGroupIdentifier")
	if err != nil {
		return nil, err
	}
	err = s.changeGroup(ctx, g, func(tx *state.Tx, g state.LogGroup) error {
		return tx.ProtectLogGroup(ctx, g.ID, *in.DeletionProtectionEnabled)
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.PutLogGroupDeletionProtectionOutput{}, nil
}

// retentions are the days that a retention may have. [API]
var retentions = []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// PutRetentionPolicy says for how long a group keeps events.
func (s *Service) PutRetentionPolicy(ctx context.Context, in *cloudwatchlogs.PutRetentionPolicyInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutRetentionPolicyOutput, error) {
	if in.RetentionInDays == nil {
		return nil, missing("retentionInDays")
	}
	if !slices.Contains(retentions, *in.RetentionInDays) {
		return nil, constraint(*in.RetentionInDays, "retentionInDays",
			"Member must satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]")
	}
	err := s.change(ctx, in.LogGroupName, func(tx *state.Tx, g state.LogGroup) error {
		return tx.SetRetention(ctx, g.ID, int(*in.RetentionInDays))
	})
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.PutRetentionPolicyOutput{}, nil
}

// DeleteRetentionPolicy has a group keep events for ever.
func (s *Service) DeleteRetentionPolicy(ctx context.Context, in *cloudwatchlogs.DeleteRetentionPolicyInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteRetentionPolicyOutput, error) {
	err := s.change(ctx, in.LogGroupName, func(tx *state.Tx, g state.LogGroup) error { return tx.SetRetention(ctx, g.ID, 0) })
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.DeleteRetentionPolicyOutput{}, nil
}

// AssociateKmsKey notes the key of a group.
func (s *Service) AssociateKmsKey(ctx context.Context, in *cloudwatchlogs.AssociateKmsKeyInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.AssociateKmsKeyOutput, error) {
	if in.KmsKeyId == nil {
		return nil, missing("kmsKeyId")
	}
	if err := checkKey(in.KmsKeyId); err != nil {
		return nil, err
	}
	if err := s.setKey(ctx, in.LogGroupName, in.ResourceIdentifier, *in.KmsKeyId); err != nil {
		return nil, err
	}
	return &cloudwatchlogs.AssociateKmsKeyOutput{}, nil
}

// DisassociateKmsKey takes the key of a group away.
func (s *Service) DisassociateKmsKey(ctx context.Context, in *cloudwatchlogs.DisassociateKmsKeyInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DisassociateKmsKeyOutput, error) {
	if err := s.setKey(ctx, in.LogGroupName, in.ResourceIdentifier, ""); err != nil {
		return nil, err
	}
	return &cloudwatchlogs.DisassociateKmsKeyOutput{}, nil
}

func (s *Service) setKey(ctx context.Context, name, identifier *string, key string) error {
	var g groupName
	var err error
	switch {
	case (name == nil) == (identifier == nil):
		return invalid("Exactly one of logGroupName and resourceIdentifier must be given.")
	case name != nil:
		g, err = named(ctx, name)
	case strings.HasSuffix(*identifier, ":query-result:*"):
		return invalid("There are no query results whose key could be set.")
	default:
		g, err = identified(ctx, *identifier, "resourceIdentifier")
	}
	if err != nil {
		return err
	}
	return s.changeGroup(ctx, g, func(tx *state.Tx, g state.LogGroup) error { return tx.SetLogGroupKey(ctx, g.ID, key) })
}
