"""Keys of other systems, their tokens and calls, and the tests that they have made (docs/decisions/0102)."""

import candidates.models.access_keys
import candidates.models.ids
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('candidates', '0043_webhooks'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccessKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=candidates.models.ids.new_public_id, editable=False, max_length=16, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('system', models.CharField(db_index=True, max_length=300)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('all_tests', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='AccessKeyScope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=candidates.models.access_keys.known_scopes, max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name='AnsweredCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('fingerprint', models.CharField(max_length=64)),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('answer', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='ExternalTest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('system', models.CharField(max_length=300)),
                ('external_id', models.CharField(max_length=255)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='user',
            name='user_kind_known',
        ),
        migrations.AlterField(
            model_name='user',
            name='kind',
            field=models.CharField(choices=[('staff', 'Staff'), ('one_time', 'One-time'), ('permanent', 'Permanent'), ('sso', 'SSO'), ('system', 'Other system')], default='staff', max_length=10, verbose_name='kind'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['staff', 'one_time', 'permanent', 'sso', 'system'])), name='user_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'system'), _negated=True), ('password__startswith', '!'), _connector='OR'), name='user_system_cannot_log_in'),
        ),
        migrations.AddField(
            model_name='accesskey',
            name='account',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='access_key', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='accesskey',
            name='made_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='accesskey',
            name='revoked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='accesskeyscope',
            name='key',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scopes', to='candidates.accesskey'),
        ),
        migrations.AddField(
            model_name='accesstoken',
            name='key',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='candidates.accesskey'),
        ),
        migrations.AddField(
            model_name='answeredcall',
            name='key',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='candidates.accesskey'),
        ),
        migrations.AddField(
            model_name='externaltest',
            name='made_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='candidates.accesskey'),
        ),
        migrations.AddField(
            model_name='externaltest',
            name='test',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='external', to='candidates.test'),
        ),
        migrations.AddConstraint(
            model_name='accesskey',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('system', ''), _negated=True)), name='access_key_is_named'),
        ),
        migrations.AddConstraint(
            model_name='accesskey',
            constraint=models.CheckConstraint(condition=models.Q(('digest', ''), _negated=True), name='access_key_has_a_digest'),
        ),
        migrations.AddConstraint(
            model_name='accesskey',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('made_at'))), name='access_key_expires'),
        ),
        migrations.AddConstraint(
            model_name='accesskey',
            constraint=models.CheckConstraint(condition=models.Q(('revoked_at__isnull', False), ('revoked_by__isnull', True), _connector='OR'), name='access_key_revoked_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='accesskeyscope',
            constraint=models.UniqueConstraint(fields=('key', 'scope'), name='access_key_scope_once'),
        ),
        migrations.AddConstraint(
            model_name='accesskeyscope',
            constraint=models.CheckConstraint(condition=models.Q(('scope__in', ['tests:read', 'tests:write', 'candidates:read', 'candidates:write', 'names:read', 'logins:read', 'results:read', 'history:read', 'users:write'])), name='access_key_scope_known'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.CheckConstraint(condition=models.Q(('digest', ''), _negated=True), name='access_token_has_a_digest'),
        ),
        migrations.AddConstraint(
            model_name='accesstoken',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('made_at'))), name='access_token_expires'),
        ),
        migrations.AddConstraint(
            model_name='answeredcall',
            constraint=models.UniqueConstraint(fields=('key', 'name'), name='answered_call_counts_once'),
        ),
        migrations.AddConstraint(
            model_name='answeredcall',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='answered_call_is_named'),
        ),
        migrations.AddConstraint(
            model_name='externaltest',
            constraint=models.UniqueConstraint(fields=('system', 'external_id'), name='external_test_once_per_system'),
        ),
        migrations.AddConstraint(
            model_name='externaltest',
            constraint=models.CheckConstraint(condition=models.Q(('external_id', ''), _negated=True), name='external_test_has_an_id'),
        ),
    ]
