
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0022_newest_device_writes'),
    ]

    operations = [
        migrations.CreateModel(
            name='SecondStep',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='second_step', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('sealed_key', models.CharField(max_length=400)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_step', models.BigIntegerField(default=0)),
                ('wrong', models.PositiveSmallIntegerField(default=0)),
                ('wrong_since', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('sealed_key__startswith', 'gAAAA')), name='second_step_key_is_sealed')],
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verifier', models.CharField(max_length=256)),
                ('second_step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to='candidates.secondstep')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('verifier__startswith', 'deliver_hmac_sha256$')), name='recovery_code_is_a_digest')],
            },
        ),
    ]
