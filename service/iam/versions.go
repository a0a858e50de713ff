package iam

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/service/identity"
	"tocsin/store/state"
)

func sdkVersion(p identity.Policy, v identity.Version, document bool) types.PolicyVersion {
	version := types.PolicyVersion{VersionId: aws.String(v.ID), IsDefaultVersion: v.ID == p.Default, CreateDate: at(v.Created)}
	if document {
		version.Document = encoded(v.Document)
	}
	return version
}

// CreatePolicyVersion adds a version to a managed policy.
func (s *Service) CreatePolicyVersion(ctx context.Context, in *iam.CreatePolicyVersionInput, _ ...func(*iam.Options)) (*iam.CreatePolicyVersionOutput, error) {
	if err := check().text("policyArn", in.PolicyArn, arnForm).text("policyDocument", in.PolicyDocument, documentForm).err(); err != nil {
		return nil, err
	}
	if err := checkManaged(*in.PolicyDocument); err != nil {
		return nil, err
	}
	var made types.PolicyVersion
	err := s.changePolicy(ctx, *in.PolicyArn, func(_ *state.Tx, p *identity.Policy) error {
		if len(p.Versions) >= maxVersions {
			return limit("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
		}
		p.Last++
		p.Updated = s.Now().UTC().Truncate(time.Second)
		v := identity.Version{ID: fmt.Sprintf("v%d", p.Last), Document: *in.PolicyDocument, Created: p.Updated}
		p.Versions = append(p.Versions, v)
		if in.SetAsDefault {
			p.Default = v.ID
		}
		made = sdkVersion(*p, v, false)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.CreatePolicyVersionOutput{PolicyVersion: &made}, nil
}

// version is where a version is among those of its policy.
func version(p identity.Policy, arn, id string) (int, error) {
	i := slices.IndexFunc(p.Versions, func(v identity.Version) bool { return v.ID == id })
	if i < 0 {
		return 0, noSuch("Policy %s version %s does not exist or is not attachable.", arn, id)
	}
	return i, nil
}

// GetPolicyVersion is a version with its document.
func (s *Service) GetPolicyVersion(ctx context.Context, in *iam.GetPolicyVersionInput, _ ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error) {
	if err := check().text("policyArn", in.PolicyArn, arnForm).text("versionId", in.VersionId, versionForm).err(); err != nil {
		return nil, err
	}
	p, err := s.viewPolicy(ctx, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	i, err := version(p.Value, *in.PolicyArn, *in.VersionId)
	if err != nil {
		return nil, err
	}
	v := sdkVersion(p.Value, p.Value.Versions[i], true)
	return &iam.GetPolicyVersionOutput{PolicyVersion: &v}, nil
}

// ListPolicyVersions lists the versions of a managed policy, newest first.
func (s *Service) ListPolicyVersions(ctx context.Context, in *iam.ListPolicyVersionsInput, _ ...func(*iam.Options)) (*iam.ListPolicyVersionsOutput, error) {
	if err := check().text("policyArn", in.PolicyArn, arnForm).paging(in.Marker, in.MaxItems).err(); err != nil {
		return nil, err
	}
	p, err := s.viewPolicy(ctx, *in.PolicyArn)
	if err != nil {
		return nil, err
	}
	newest := slices.Clone(p.Value.Versions)
	slices.Reverse(newest)
	// Their number falls, so that the key of a page grows.
	part, err := cut(newest, func(v identity.Version) string { return fmt.Sprintf("%012d", 1e12-1-number(v.ID)) }, in.Marker, in.MaxItems)
	return &iam.ListPolicyVersionsOutput{
		Versions:    each(part.items, func(v identity.Version) types.PolicyVersion { return sdkVersion(p.Value, v, false) }),
		IsTruncated: part.truncated, Marker: part.marker,
	}, err
}

func number(versionID string) int {
	n := 0
	for _, digit := range versionID[1:] {
		n = n*10 + int(digit-'0')
	}
	return n
}

// SetDefaultPolicyVersion makes a version the one that holds.
func (s *Service) SetDefaultPolicyVersion(ctx context.Context, in *iam.SetDefaultPolicyVersionInput, _ ...func(*iam.Options)) (*iam.SetDefaultPolicyVersionOutput, error) {
	if err := check().text("policyArn", in.PolicyArn, arnForm).text("versionId", in.VersionId, versionForm).err(); err != nil {
		return nil, err
	}
	err := s.changePolicy(ctx, *in.PolicyArn, func(_ *state.Tx, p *identity.Policy) error {
		if _, err := version(*p, *in.PolicyArn, *in.VersionId); err != nil {
			return err
		}
		p.Default, p.Updated = *in.VersionId, s.Now().UTC().Truncate(time.Second)
		return nil
	})
	return &iam.SetDefaultPolicyVersionOutput{}, err
}

// DeletePolicyVersion removes a version that does not hold.
func (s *Service) DeletePolicyVersion(ctx context.Context, in *iam.DeletePolicyVersionInput, _ ...func(*iam.Options)) (*iam.DeletePolicyVersionOutput, error) {
	if err := check().text("policyArn", in.PolicyArn, arnForm).text("versionId", in.VersionId, versionForm).err(); err != nil {
		return nil, err
	}
	err := s.changePolicy(ctx, *in.PolicyArn, func(_ *state.Tx, p *identity.Policy) error {
		i, err := version(*p, *in.PolicyArn, *in.VersionId)
		if err != nil {
			return err
		}
		if p.Default == *in.VersionId {
			return conflict("Cannot delete the default version of a policy.")
		}
		p.Versions = slices.Delete(p.Versions, i, i+1)
		p.Updated = s.Now().UTC().Truncate(time.Second)
		return nil
	})
	return &iam.DeletePolicyVersionOutput{}, err
}
