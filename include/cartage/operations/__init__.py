"""Operations: jobs started at the desk, operator actions, decisions from Airflow, and what desk and CLI show."""
