"""Shanghai's vaccination of April 2022 as a scenario would hold it."""

from __future__ import annotations

import yaml

TEXT = """
product: inactivated
doses:
  - {dose: 1, ages: 3-17, share: 0.99, from: 2021-07-20, to: 2021-12-31}
  - {dose: 1, ages: 18-59, share: 0.99, from: 2021-03-24, to: 2021-07-31}
  - {dose: 1, ages: 60-79, share: 0.73, from: 2021-04-15, to: 2022-03-31}
  - {dose: 1, ages: 80+, share: 0.17, from: 2021-05-15, to: 2022-03-31}
  - {dose: 2, ages: 3-17, share: 0.99, from: 2021-08-20, to: 2022-01-31}
  - {dose: 2, ages: 18-59, share: 0.99, from: 2021-04-14, to: 2021-08-31}
  - {dose: 2, ages: 60-79, share: 0.70, from: 2021-05-15, to: 2022-04-15}
  - {dose: 2, ages: 80+, share: 0.15, from: 2021-06-15, to: 2022-04-15}
  - {dose: 3, ages: 18-59, share: 0.54, from: 2021-10-15, to: 2022-04-15}
  - {dose: 3, ages: 60-79, share: 0.43, from: 2021-11-15, to: 2022-04-15}
  - {dose: 3, ages: 80+, share: 0.09, from: 2021-12-15, to: 2022-04-15}
"""


def written():
    """Return the section as read from YAML."""
    return yaml.safe_load(TEXT)
