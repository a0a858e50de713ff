package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Here is what cannot be made: passwords of a console, certificates, second factors,
// keys of other services, providers of identities, instance profiles. Clients ask
// for all of it before they delete a user or a role.

func (s *Service) noProfile(ctx context.Context, name *string) error {
	if err := check().optional("userName", name, anyName128).err(); err != nil {
		return err
	}
	of, err := s.user(ctx, name)
	if err != nil {
		return err
	}
	return noSuch("Login Profile for User %s cannot be found.", of)
}

// user is the name of a user that there is; without a name the caller.
func (s *Service) user(ctx context.Context, name *string) (string, error) {
	if err := check().optional("userName", name, anyName128).err(); err != nil {
		return "", err
	}
	of, err := self(ctx, name)
	if err != nil {
		return "", err
	}
	_, err = users.view(ctx, s, of)
	return of, err
}

// GetLoginProfile finds no password.
func (s *Service) GetLoginProfile(ctx context.Context, in *iam.GetLoginProfileInput, _ ...func(*iam.Options)) (*iam.GetLoginProfileOutput, error) {
	return nil, s.noProfile(ctx, in.UserName)
}

// DeleteLoginProfile finds no password.
func (s *Service) DeleteLoginProfile(ctx context.Context, in *iam.DeleteLoginProfileInput, _ ...func(*iam.Options)) (*iam.DeleteLoginProfileOutput, error) {
	return nil, s.noProfile(ctx, in.UserName)
}

// ListMFADevices lists none.
func (s *Service) ListMFADevices(ctx context.Context, in *iam.ListMFADevicesInput, _ ...func(*iam.Options)) (*iam.ListMFADevicesOutput, error) {
	_, err := s.user(ctx, in.UserName)
	return &iam.ListMFADevicesOutput{MFADevices: []types.MFADevice{}}, err
}

// ListVirtualMFADevices lists none.
func (s *Service) ListVirtualMFADevices(context.Context, *iam.ListVirtualMFADevicesInput, ...func(*iam.Options)) (*iam.ListVirtualMFADevicesOutput, error) {
	return &iam.ListVirtualMFADevicesOutput{VirtualMFADevices: []types.VirtualMFADevice{}}, nil
}

// ListSSHPublicKeys lists none.
func (s *Service) ListSSHPublicKeys(ctx context.Context, in *iam.ListSSHPublicKeysInput, _ ...func(*iam.Options)) (*iam.ListSSHPublicKeysOutput, error) {
	_, err := s.user(ctx, in.UserName)
	return &iam.ListSSHPublicKeysOutput{SSHPublicKeys: []types.SSHPublicKeyMetadata{}}, err
}

// ListSigningCertificates lists none.
func (s *Service) ListSigningCertificates(ctx context.Context, in *iam.ListSigningCertificatesInput, _ ...func(*iam.Options)) (*iam.ListSigningCertificatesOutput, error) {
	_, err := s.user(ctx, in.UserName)
	return &iam.ListSigningCertificatesOutput{Certificates: []types.SigningCertificate{}}, err
}

// ListServiceSpecificCredentials lists none.
func (s *Service) ListServiceSpecificCredentials(ctx context.Context, in *iam.ListServiceSpecificCredentialsInput, _ ...func(*iam.Options)) (*iam.ListServiceSpecificCredentialsOutput, error) {
	_, err := s.user(ctx, in.UserName)
	return &iam.ListServiceSpecificCredentialsOutput{ServiceSpecificCredentials: []types.ServiceSpecificCredentialMetadata{}}, err
}

// ListServerCertificates lists none.
func (s *Service) ListServerCertificates(context.Context, *iam.ListServerCertificatesInput, ...func(*iam.Options)) (*iam.ListServerCertificatesOutput, error) {
	return &iam.ListServerCertificatesOutput{ServerCertificateMetadataList: []types.ServerCertificateMetadata{}}, nil
}

// ListInstanceProfiles lists none.
func (s *Service) ListInstanceProfiles(context.Context, *iam.ListInstanceProfilesInput, ...func(*iam.Options)) (*iam.ListInstanceProfilesOutput, error) {
	return &iam.ListInstanceProfilesOutput{InstanceProfiles: []types.InstanceProfile{}}, nil
}

// ListOpenIDConnectProviders lists none.
func (s *Service) ListOpenIDConnectProviders(context.Context, *iam.ListOpenIDConnectProvidersInput, ...func(*iam.Options)) (*iam.ListOpenIDConnectProvidersOutput, error) {
	return &iam.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: []types.OpenIDConnectProviderListEntry{}}, nil
}

// ListSAMLProviders lists none.
func (s *Service) ListSAMLProviders(context.Context, *iam.ListSAMLProvidersInput, ...func(*iam.Options)) (*iam.ListSAMLProvidersOutput, error) {
	return &iam.ListSAMLProvidersOutput{SAMLProviderList: []types.SAMLProviderListEntry{}}, nil
}

// GetAccountPasswordPolicy finds none.
func (s *Service) GetAccountPasswordPolicy(ctx context.Context, _ *iam.GetAccountPasswordPolicyInput, _ ...func(*iam.Options)) (*iam.GetAccountPasswordPolicyOutput, error) {
	return nil, noSuch("The Password Policy with domain name %s cannot be found.", scope(ctx).Account)
}
