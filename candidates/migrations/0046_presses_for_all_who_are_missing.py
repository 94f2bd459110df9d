"""Marks of one press, by which everybody who was missing was marked absent, carry the number of the press."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("candidates", "0045_names_of_permanent_users")]

    operations = [
        migrations.AddField(
            model_name="attendancemark",
            name="press",
            field=models.CharField(blank=True, db_default="", default="", max_length=36),
        ),
        migrations.AddConstraint(
            model_name="attendancemark",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("press", ""),
                    models.Q(("about", "presence"), ("is_correction", False)),
                    _connector="OR",
                ),
                name="attendance_press_is_about_presence",
            ),
        ),
    ]
